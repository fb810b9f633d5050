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
                    : "SystemPrompt is set, but the model has no chat template that could hold it. Set SystemPrompt = null and write it into the prompts.");
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
            throw new ArgumentException("The prompt is empty. Give every row a prompt, or filter such rows out of the data.");
        }

        return Encode(prompt);
    }

    /// <summary>
    /// The token ids of a conversation that the assistant is to go on with. The system prompt stands before it, unless it has a system
    /// message of its own at the beginning.
    /// </summary>
    /// <param name="conversation">The messages, at least one; the last is the user's.</param>
    /// <exception cref="NotSupportedException">
    /// The template treats such a conversation in a way that is not known here; or there is no template, and it is more than one message of
    /// the user, which is then the raw text.
    /// </exception>
    /// <exception cref="ArgumentException">There is no template, and the message is empty.</exception>
    public IReadOnlyList<int> Build(IReadOnlyList<ChatMessage> conversation)
    {
        if (Template is not null)
        {
            return Encode(Template, conversation);
        }

        return conversation is [{ Role: "user", Content: var text }]
            ? Build(text)
            : throw new NotSupportedException(
                "The policy completes raw text, since its model has no chat template or PromptFormat.Raw was set, so system messages and earlier turns have no form that it knows. "
                + "Send one user message with the whole text, or load a model that has a chat template with PromptFormat.Auto.");
    }

    /// <summary>Tokens of what stands around a prompt's text: special tokens, or the chat template and the system prompt.</summary>
    public int Overhead => Encode("").Count;

    /// <summary>
    /// The token ids of a prompt whose text has lost as much of its beginning as it must; what stands around the text is whole.
    /// The text is cut between two of its tokens and characters and then encoded like any other: what the policy reads is the prompt of a
    /// shorter text, and no tail of a longer one.
    /// </summary>
    /// <param name="prompt">The text of the prompt column.</param>
    /// <param name="limit">The most tokens, from 1.</param>
    /// <returns>At most <paramref name="limit"/> ids; null if not even the last token of the text fits.</returns>
    /// <exception cref="ArgumentException">The prompt is empty.</exception>
    public IReadOnlyList<int>? BuildTruncated(string prompt, int limit)
    {
        var whole = Build(prompt);
        if (whole.Count <= limit)
        {
            return whole;
        }

        var text = _tokenizer.Encode(prompt);

        // The text's edges may merge with what stands around it, so its own count tells where to begin, and no more.
        for (var dropped = Math.Min(whole.Count - limit, text.Count); dropped < text.Count; dropped++)
        {
            var rest = _tokenizer.Decode([.. text.Skip(dropped)], skipSpecial: false);
            if (rest.Length > 0 && rest[0] != Half && Encode(rest) is var ids && ids.Count <= limit)
            {
                return ids;
            }
        }

        return null;
    }

    // What the second half of a character decodes to.
    private const char Half = '\uFFFD';

    private IReadOnlyList<int> Encode(string text)
    {
        if (Template is null)
        {
            return _tokenizer.Encode(text, addSpecialTokens: true);
        }

        return Encode(Template, [new ChatMessage("user", text)]);
    }

    private IReadOnlyList<int> Encode(ChatTemplate template, IReadOnlyList<ChatMessage> messages) => _tokenizer.Encode(template.Render(
        _systemPrompt is null || messages[0].Role == "system" ? messages : [new ChatMessage("system", _systemPrompt), .. messages],
        addGenerationPrompt: true));
}
