using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using AI = Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A policy as a chat client; what it promises stands at <see cref="GrpoTransformer.AsIChatClient"/>. It decodes in the background and
/// never waits for whoever reads: a reader that is slow, or gone without a word, does not keep the policy from others for longer than
/// the answer takes.
/// </summary>
internal sealed class PolicyChatClient(GrpoTransformer owner, PolicyTextGenerator generator, string modelId) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("microsoft.ml.grpo", providerUri: null, modelId);

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = ChatRequest.Read(generator, modelId, messages, options);
        var (id, started, text) = (NewId(), DateTimeOffset.UtcNow, new StringBuilder());
        var answer = await AnswerAsync(request, piece => text.Append(piece), cancellationToken).ConfigureAwait(false);
        return new(new AI.ChatMessage(ChatRole.Assistant, text.ToString()) { MessageId = id, CreatedAt = started })
        {
            ResponseId = id,
            ModelId = modelId,
            CreatedAt = started,
            FinishReason = Reason(answer),
            Usage = Usage(request, answer),
        };
    }

    // Not an iterator itself, so that what is wrong with the request is said at once.
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(ChatRequest.Read(generator, modelId, messages, options), cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null ? new object[] { this, _metadata, owner }.FirstOrDefault(serviceType.IsInstanceOfType) : null;
    }

    /// <summary>Nothing: the policy is its transformer's.</summary>
    public void Dispose()
    {
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (id, started) = (NewId(), DateTimeOffset.UtcNow);
        ChatResponseUpdate Update(AIContent content) =>
            new(ChatRole.Assistant, [content]) { ResponseId = id, MessageId = id, ModelId = modelId, CreatedAt = started };

        var pieces = Channel.CreateUnbounded<string>(new() { SingleReader = true, SingleWriter = true });
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answering = WriteAsync(request, pieces.Writer, left.Token);
        try
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested(); // The channel looks at it only when it is empty.
                yield return Update(new TextContent(piece));
            }

            var answer = await answering.ConfigureAwait(false);
            var end = Update(new UsageContent(Usage(request, answer)));
            end.FinishReason = Reason(answer);
            yield return end;
        }
        finally
        {
            // The reader may have left early. Its turn has ended when it hears so.
            await left.CancelAsync().ConfigureAwait(false);
            await ((Task)answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Completion> WriteAsync(ChatRequest request, ChannelWriter<string> pieces, CancellationToken cancellationToken)
    {
        try
        {
            return await AnswerAsync(request, piece => pieces.TryWrite(piece), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            pieces.Complete();
        }
    }

    private Task<Completion> AnswerAsync(ChatRequest request, Action<string> show, CancellationToken cancellationToken) => owner.InTurnAsync(
        () =>
        {
            var text = new AnswerWriter(generator.Policy.Tokenizer, request.Sampling.StopIds, request.StopSequences, show);
            var answer = generator.Complete(request.Prompt, request.Sampling, request.Seed, text.Add, cancellationToken);
            text.End();
            return answer;
        },
        cancellationToken);

    private static string NewId() => $"answer-{Guid.NewGuid():N}";

    private static ChatFinishReason Reason(Completion answer) => answer.FinishReason == FinishReason.Stop ? ChatFinishReason.Stop : ChatFinishReason.Length;

    private static UsageDetails Usage(ChatRequest request, Completion answer) => new()
    {
        InputTokenCount = request.Prompt.Count,
        OutputTokenCount = answer.Ids.Count,
        TotalTokenCount = request.Prompt.Count + answer.Ids.Count,
    };
}
