using Microsoft.Extensions.AI;
using AI = Microsoft.Extensions.AI;

namespace Microsoft.ML.Grpo;

/// <summary>A reward that asks a chat model about each completion, several at a time.</summary>
internal sealed class ChatClientReward(
    string name,
    IChatClient judge,
    JudgePrompt prompt,
    string? systemPrompt,
    Func<string, double?> parse,
    ChatOptions? options,
    int maxConcurrency,
    double weight) : Reward(name, weight, prompt.Columns)
{
    // What the caller does with its own object later is no business of a run.
    private readonly ChatOptions? _options = options?.Clone();

    public override async ValueTask<IReadOnlyList<double?>> ScoreAsync(IReadOnlyList<RewardSample> batch, CancellationToken cancellationToken)
    {
        var scores = new double?[batch.Count];
        await Parallel.ForAsync(
            0,
            batch.Count,
            new ParallelOptions { MaxDegreeOfParallelism = maxConcurrency, CancellationToken = cancellationToken },
            async (i, stop) => scores[i] = await ScoreOneAsync(batch[i], stop).ConfigureAwait(false)).ConfigureAwait(false);
        return scores;
    }

    private async ValueTask<double?> ScoreOneAsync(RewardSample sample, CancellationToken cancellationToken)
    {
        try
        {
            return prompt.Fill(sample) is { } question && await AskAsync(question, sample, cancellationToken).ConfigureAwait(false) is { } answer ? parse(answer) : null;
        }
        catch (Exception cause) when (cause is not (RewardException or OperationCanceledException))
        {
            throw RewardException.Threw(Name, sample, cause);
        }
    }

    /// <summary>The judge's answer; null if it is not all of one, whose last number would be one of the reasoning.</summary>
    private async Task<string?> AskAsync(string question, RewardSample sample, CancellationToken cancellationToken)
    {
        AI.ChatMessage user = new(ChatRole.User, question);
        AI.ChatMessage[] messages = systemPrompt is null ? [user] : [new(ChatRole.System, systemPrompt), user];
        try
        {
            // A client may change the options that it is given, so no two calls share any.
            var answer = await judge.GetResponseAsync(messages, _options?.Clone(), cancellationToken).ConfigureAwait(false);
            return answer.FinishReason == ChatFinishReason.Length || answer.FinishReason == ChatFinishReason.ContentFilter ? null : answer.Text;
        }
        catch (Exception cause) when (!(cause is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw RewardException.JudgeFailed(Name, sample, cause);
        }
    }
}
