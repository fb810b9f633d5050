using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>Turns a conversation into the text that an instruct model was taught to read.</summary>
internal abstract class ChatTemplate
{
    /// <summary>What the template is, in words, for the log.</summary>
    public abstract string Description { get; }

    /// <summary>The token that ends the assistant's turn; null if the template has none of its own.</summary>
    public abstract string? EndOfTurn { get; }

    /// <summary>The text of a conversation.</summary>
    /// <param name="messages">The messages, at least one.</param>
    /// <param name="addGenerationPrompt">Opens the assistant's turn at the end.</param>
    /// <exception cref="NotSupportedException">The template treats such a conversation in a way that is not known here.</exception>
    public abstract string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt);

    /// <summary>
    /// The template of a model directory; null if the model has none. Not to be asked for <see cref="PromptFormat.Raw"/>, which works
    /// with models whose template is not known.
    /// </summary>
    /// <param name="chatTemplateJinja">The bytes of <c>chat_template.jinja</c>, which goes before the other place; null if there is no such file.</param>
    /// <param name="config">tokenizer_config.json.</param>
    /// <param name="folder">The model's directory as the user knows it, for errors.</param>
    /// <exception cref="NotSupportedException">There is a template, and it is not one that is known.</exception>
    public static ChatTemplate? Find(byte[]? chatTemplateJinja, TokenizerConfig config, string folder)
    {
        var file = chatTemplateJinja is null ? "tokenizer_config.json" : "chat_template.jinja";
        return Source(chatTemplateJinja, config) is { } source ? ChatMLRecognizer.Recognize(source, config.SpecialTokens, Path.Combine(folder, file)) : null;
    }

    /// <summary>The text of a model directory's template, from either place; null if there is none.</summary>
    public static string? Source(byte[]? chatTemplateJinja, TokenizerConfig config) =>
        chatTemplateJinja is { } bytes ? Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF') : config.ChatTemplate;
}
