using Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo;

/// <content>The policy as a chat client.</content>
public sealed partial class GrpoTransformer
{
    /// <summary>The policy as a client of Microsoft.Extensions.AI: it answers conversations in this process, as a whole or token by token.</summary>
    /// <param name="modelId">
    /// The policy's name in responses, metadata and telemetry; a request for another model is refused. Default: <c>policy</c>.
    /// </param>
    /// <returns>
    /// A client, thread-safe; callers take turns, also with <see cref="Transform"/>. It owns nothing: disposing it changes nothing, and
    /// once this transformer is disposed it answers with an <see cref="ObjectDisposedException"/>.
    /// </returns>
    /// <remarks>
    /// <para>
    /// <b>Conversation.</b> Messages of system, user and assistant go through the model's chat template; the last is the user's.
    /// <c>ChatOptions.Instructions</c> is a system message before all others. A conversation that begins with a system message has that in
    /// place of <see cref="GrpoOptions.SystemPrompt"/>. A policy without a template (<see cref="PromptFormat.Raw"/>) takes one
    /// user message as raw text, and so a single user message is in any case answered as <see cref="Transform"/> completes it. What is no text, what the
    /// template does not take (Qwen3's: earlier turns), and a conversation as long as the model's context are errors.
    /// </para>
    /// <para>
    /// <b>Options.</b> What is null is as <see cref="GrpoOptions.Generation"/> says, the seed too, so that the same conversation gets the same answer until
    /// another <c>Seed</c> is given. <c>Temperature</c> 0 is greedy; the likeliest token is in every <c>TopK</c> and <c>TopP</c>. <c>MaxOutputTokens</c> counts the
    /// stop token. A stop sequence ends the answer and is no part of it; the end of the text is held back while it may be the beginning of one. Tools,
    /// JSON formats, penalties and all else that the policy cannot do throw a <see cref="NotSupportedException"/> that names the remedy.
    /// </para>
    /// <para>
    /// <b>Streaming.</b> Tokens are shown as they are drawn, whole characters at a time; the last update has the finish reason and the usage. Decoding
    /// does not wait for the reader. It stops within a token, or after the pass over the prompt, when the token is cancelled or the enumerator disposed (leaving
    /// <c>await foreach</c> does that); an enumerator that is dropped undisposed lets it run to its end, and no longer.
    /// </para>
    /// <para>Source: our own.</para>
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="modelId"/> is empty.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public IChatClient AsIChatClient(string modelId = "policy")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelId);
        ThrowIfDisposed();
        return new PolicyChatClient(this, PolicyGenerator("converse with"), modelId);
    }

    /// <summary>Runs something on the policy, in the background, when it is the caller's turn.</summary>
    /// <param name="work">What to run.</param>
    /// <param name="cancellationToken">Ends the wait for the turn; what runs looks at it itself.</param>
    internal async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        using var turn = await _turns.TakeAsync(cancellationToken).ConfigureAwait(false);
        ThrowIfDisposed();
        ThrowIfCanceled();
        return await Task.Run(work, cancellationToken).ConfigureAwait(false);
    }
}
