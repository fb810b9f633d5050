using AI = Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo;

/// <summary>What a policy is asked to answer, and how.</summary>
/// <param name="Prompt">The conversation as the policy reads it, the assistant's turn open.</param>
/// <param name="Sampling">How tokens are drawn.</param>
/// <param name="Seed">The seed of the draws.</param>
/// <param name="StopSequences">Texts that end the answer and are no part of it.</param>
internal sealed record ChatRequest(IReadOnlyList<int> Prompt, SamplingParameters Sampling, long Seed, IReadOnlyList<string> StopSequences)
{
    /// <summary>Reads what a caller asks for; what it leaves open is as the policy's generation options say.</summary>
    /// <param name="generator">The policy.</param>
    /// <param name="modelId">The policy's name.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="options">What is asked for; not changed.</param>
    /// <exception cref="ArgumentException">The conversation is empty, does not end with the user or is too long, or a number is out of range.</exception>
    /// <exception cref="NotSupportedException">The policy cannot do what is asked for.</exception>
    public static ChatRequest Read(PolicyTextGenerator generator, string modelId, IEnumerable<AI.ChatMessage> messages, AI.ChatOptions? options)
    {
        options ??= new();
        ChatOptionRules.Check(options, modelId);
        var prompt = generator.Policy.Prompts.Build(Conversation.Read(messages, options.Instructions));
        var context = generator.Policy.Network.Config.MaxPositions;
        if (prompt.Count >= context)
        {
            throw new ArgumentException(
                $"The conversation has {prompt.Count} tokens, but the model's context is {context} tokens in all, the answer included. Leave earlier messages out, or shorten them.", nameof(messages));
        }

        var defaults = generator.Sampling;
        var sampling = defaults with
        {
            Temperature = options.Temperature ?? defaults.Temperature,
            TopK = options.TopK ?? defaults.TopK,
            TopP = options.TopP ?? defaults.TopP,
            MaxTokens = options.MaxOutputTokens ?? defaults.MaxTokens,
        };
        return new(prompt, sampling, options.Seed ?? generator.Generation.Seed, [.. options.StopSequences ?? []]);
    }
}
