namespace Microsoft.ML.Grpo;

/// <summary>Turns the text of a prompt column into the token ids that the policy reads.</summary>
internal sealed class PromptBuilder
{
    private readonly PolicyTokenizer _tokenizer;
    private readonly string? _systemPrompt;

    /// <param name="tokenizer">The policy's tokenizer.</param>
    /// <param name="template">The model's chat template; null if it has none.</param>
    /// <param name="format">Whether the template is used.</param>
    /// <param name="systemPrompt">The system message; null for none, which leaves the template its own default. An empty one is a message too.</param>
    /// <exception cref="ArgumentException">There is a system prompt and no template to put it in.</exception>
    public PromptBuilder(PolicyTokenizer tokenizer, ChatTemplate? template, PromptFormat format, string? systemPrompt)
    {
        _tokenizer = tokenizer;
        Template = format == PromptFormat.Raw ? null : template;
        _systemPrompt = systemPrompt;
        if (systemPrompt is not null && Template is null)
        {
            throw new ArgumentException(
                format == PromptFormat.Raw
                    ? "SystemPrompt is set, but PromptFormat.Raw uses no chat template that could hold it. Set SystemPrompt = null and write it into the prompts, or set PromptFormat = PromptFormat.Auto."
                    : "SystemPrompt is set, but the model has no chat template that could hold it. Set SystemPrompt = null and write it into the prompts.",
                nameof(systemPrompt));
        }
    }

    /// <summary>The chat template in use; null for raw text.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>What happens to a prompt, in words, for the log.</summary>
    public string Description => Template is null
        ? "Prompts are raw text, with the special tokens that the tokenizer adds."
        : $"Prompts are one user message in the model's chat template ({Template.Description}){(_systemPrompt is null ? string.Empty : ", after the system prompt")}.";

    /// <summary>The token ids of a prompt.</summary>
    /// <param name="prompt">The text of the prompt column.</param>
    /// <exception cref="ArgumentException">The prompt is empty.</exception>
    public IReadOnlyList<int> Build(string prompt)
    {
        if (string.IsNullOrEmpty(prompt))
        {
            throw new ArgumentException("The prompt is empty. Give every row a prompt, or filter such rows out of the data.", nameof(prompt));
        }

        if (Template is null)
        {
            return _tokenizer.Encode(prompt, addSpecialTokens: true);
        }

        var user = new ChatMessage("user", prompt);
        ChatMessage[] messages = _systemPrompt is null ? [user] : [new ChatMessage("system", _systemPrompt), user];
        return _tokenizer.Encode(Template.Render(messages, addGenerationPrompt: true));
    }
}
