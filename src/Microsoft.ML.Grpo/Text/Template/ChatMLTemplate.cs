using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>ChatML: each message stands between <c>&lt;|im_start|&gt;role</c> and <c>&lt;|im_end|&gt;</c>.</summary>
/// <param name="defaultSystem">What the system says when the first message is not its own; null: nothing.</param>
/// <param name="assistantTurns">
/// Whether earlier turns of the assistant are plain too. Qwen3's are not: it takes their reasoning out. Then no conversation is known but
/// that of a prompt: one message of the user, after one of the system or none.
/// </param>
internal sealed class ChatMLTemplate(string? defaultSystem, bool assistantTurns) : ChatTemplate
{
    /// <inheritdoc cref="ChatMLTemplate(string?, bool)"/>
    public string? DefaultSystem { get; } = defaultSystem;

    /// <summary>Whether <see cref="Render"/> takes messages of the assistant, and conversations longer than a prompt.</summary>
    public bool AssistantTurns { get; } = assistantTurns;

    public override string Description => DefaultSystem is null ? "ChatML" : $"ChatML, whose default system message is \"{DefaultSystem}\"";

    public override string? EndOfTurn => "<|im_end|>";

    public override string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt)
    {
        if (messages.Count == 0)
        {
            throw new ArgumentException("A conversation has at least one message.", nameof(messages));
        }

        if (!AssistantTurns && messages is not ([{ Role: "user" }] or [{ Role: "system" }, { Role: "user" }]))
        {
            throw new NotSupportedException(
                $"How this model's chat template writes a conversation of {string.Join(", ", messages.Select(m => m.Role))} is not known here. Send one message of the user, after one of the system or none.");
        }

        var text = new StringBuilder();
        if (DefaultSystem is not null && messages[0].Role != "system")
        {
            Append(text, "system", DefaultSystem);
        }

        foreach (var (role, content) in messages)
        {
            if (role is not ("system" or "user" or "assistant"))
            {
                throw new NotSupportedException($"How this model's chat template writes a message of the role '{role}' is not known here. Use the roles system, user and assistant.");
            }

            Append(text, role, content);
        }

        return text.Append(addGenerationPrompt ? "<|im_start|>assistant\n" : string.Empty).ToString();
    }

    private static void Append(StringBuilder text, string role, string content) =>
        text.Append("<|im_start|>").Append(role).Append('\n').Append(content).Append("<|im_end|>\n");
}
