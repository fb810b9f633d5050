using AI = Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo;

/// <summary>The messages of a chat client's caller as the policy's chat template takes them.</summary>
internal static class Conversation
{
    /// <summary>Reads messages.</summary>
    /// <param name="messages">What was said so far.</param>
    /// <param name="instructions">A system message to stand before all others; null or empty: none.</param>
    /// <exception cref="ArgumentException">There is no message, or the last is not the user's, or one of the user's is empty.</exception>
    /// <exception cref="NotSupportedException">A message holds something that is no text, or is of another role than system, user and assistant.</exception>
    public static IReadOnlyList<ChatMessage> Read(IEnumerable<AI.ChatMessage> messages, string? instructions)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatMessage[] read = [.. string.IsNullOrEmpty(instructions) ? [] : new[] { new ChatMessage("system", instructions) }, .. messages.Select(Read)];
        if (read.Length == 0)
        {
            throw new ArgumentException("The conversation is empty. Send at least one message of the user.", nameof(messages));
        }

        return read[^1].Role == "user"
            ? read
            : throw new ArgumentException($"The conversation ends with a message of the role '{read[^1].Role}', but the policy answers the user. Put the user's message last.", nameof(messages));
    }

    private static ChatMessage Read(AI.ChatMessage message, int index)
    {
        if (message is null)
        {
            throw new ArgumentException($"Message {index} (counted from 0) is null. Leave it out.", nameof(message));
        }

        if (message.Contents.FirstOrDefault(content => content is not AI.TextContent) is { } other)
        {
            throw new NotSupportedException($"Message {index} (counted from 0) holds {other.GetType().Name}, but the policy reads nothing but text. Take it out, or say it in words.");
        }

        var role = message.Role.Value.ToLowerInvariant();
        if (role is not ("system" or "user" or "assistant"))
        {
            throw new NotSupportedException($"Message {index} (counted from 0) has the role '{role}', but chat templates are known for system, user and assistant. Give it one of those, or leave it out.");
        }

        // As in training, where a prompt of nothing but white space is refused too.
        return role != "user" || !string.IsNullOrWhiteSpace(message.Text)
            ? new(role, message.Text)
            : throw new ArgumentException($"Message {index} (counted from 0), the user's, is empty. Give it a text, or leave it out.", nameof(message));
    }
}
