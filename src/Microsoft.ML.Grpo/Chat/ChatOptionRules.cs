using Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo;

/// <summary>What a policy can do of what chat options ask for. Nothing is left undone without a word.</summary>
internal static class ChatOptionRules
{
    /// <summary>Checks options.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="modelId">The name of the one model there is.</param>
    /// <exception cref="ArgumentException">A number is out of range, or a stop sequence is empty.</exception>
    /// <exception cref="NotSupportedException">It asks for something that the policy cannot do; all of it is named, with the remedies.</exception>
    public static void Check(ChatOptions options, string modelId)
    {
        string[] wrong = [.. OutOfRange(options).OfType<string>()];
        if (wrong.Length > 0)
        {
            throw new ArgumentException($"The chat options are not valid. {string.Join(' ', wrong)}", nameof(options));
        }

        string[] undone = [.. NotSupported(options, modelId).OfType<string>()];
        if (undone.Length > 0)
        {
            throw new NotSupportedException($"The chat options ask for what the policy cannot do. {string.Join(' ', undone)}");
        }
    }

    private static IEnumerable<string?> OutOfRange(ChatOptions options)
    {
        yield return Range(nameof(options.Temperature), options.Temperature, t => t == 0 || (t >= (float)SamplingParameters.LeastTemperature && float.IsFinite(t)), "0, which is greedy, or 0.0001 or more");
        yield return Range(nameof(options.TopP), options.TopP, p => p is > 0 and <= 1, "above 0, at most 1");
        yield return Range(nameof(options.TopK), options.TopK, k => k >= 1, "1 or more");
        yield return Range(nameof(options.MaxOutputTokens), options.MaxOutputTokens, n => n >= 1, "1 or more");
        yield return options.StopSequences?.Any(string.IsNullOrEmpty) == true ? "StopSequences has an empty text: leave it out." : null;
    }

    private static IEnumerable<string?> NotSupported(ChatOptions options, string modelId)
    {
        yield return options.Tools is { Count: > 0 } tools ? $"It calls no tools, and Tools has {tools.Count}: set Tools = null." : null;
        yield return options.ToolMode is RequiredChatToolMode ? "ToolMode requires a call of a tool: set ToolMode = null." : null;
        yield return options.ResponseFormat is null or ChatResponseFormatText
            ? null
            : "ResponseFormat asks for JSON, and nothing here makes the policy keep to it: set ResponseFormat = null, ask for JSON in words and check what comes.";
        yield return Penalty(nameof(options.FrequencyPenalty), options.FrequencyPenalty);
        yield return Penalty(nameof(options.PresencePenalty), options.PresencePenalty);
        yield return options.Reasoning is { Effort: null, Output: null } or null ? null : "It has no switch for reasoning: set Reasoning = null.";
        yield return options.ModelId is { } asked && asked != modelId
            ? $"ModelId is '{asked}', but the only model here is '{modelId}': set ModelId = null, or pass the name to AsIChatClient."
            : null;
        yield return options.ConversationId is null ? null : "ConversationId is set, but no conversation is kept here: set it to null and send all messages each time.";
        yield return options.AllowBackgroundResponses == true ? "There are no background responses: set AllowBackgroundResponses = null." : null;
        yield return options.ContinuationToken is null ? null : "A response cannot be gone on with: set ContinuationToken = null.";
        yield return options.RawRepresentationFactory is null ? null : "There is no other form of the options beneath: set RawRepresentationFactory = null.";
        yield return options.AdditionalProperties is { Count: > 0 } more ? $"AdditionalProperties has names that mean nothing here ({string.Join(", ", more.Keys)}): take them out." : null;
    }

    private static string? Range<T>(string name, T? value, Predicate<T> valid, string range)
        where T : struct =>
        value is { } number && !valid(number) ? FormattableString.Invariant($"{name} is {number}: set it to {range}, or to null for the policy's own.") : null;

    private static string? Penalty(string name, float? value) =>
        value is null or 0 ? null : FormattableString.Invariant($"{name} is {value}, and its sampler has no such penalty: set it to null, or raise Temperature.");
}
