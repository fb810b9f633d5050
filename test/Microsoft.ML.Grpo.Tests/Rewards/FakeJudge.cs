using Microsoft.Extensions.AI;
using AI = Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A chat client that answers as a test says.</summary>
internal sealed class FakeJudge(Func<IReadOnlyList<AI.ChatMessage>, ChatOptions?, CancellationToken, Task<string>> answer) : IChatClient
{
    public FakeJudge(Func<string, string> answer)
        : this((messages, _, _) => Task.FromResult(answer(messages[^1].Text)))
    {
    }

    /// <summary>Why an answer ended, by its text; null: the client does not say.</summary>
    public Func<string, ChatFinishReason?> Reason { get; init; } = _ => null;

    public bool IsDisposed { get; private set; }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var text = await answer([.. messages], options, cancellationToken);
        return new(new AI.ChatMessage(ChatRole.Assistant, text)) { FinishReason = Reason(text) };
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("A judge is not asked for a stream.");

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() => IsDisposed = true;
}
