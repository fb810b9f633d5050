namespace Microsoft.ML.Grpo;

/// <summary>A reward that scores each completion by itself.</summary>
internal sealed class SampleReward(
    string name,
    Func<RewardSample, CancellationToken, ValueTask<double?>> score,
    double weight,
    IReadOnlyList<string> columns) : Reward(name, weight, columns)
{
    public override async ValueTask<IReadOnlyList<double?>> ScoreAsync(IReadOnlyList<RewardSample> batch, CancellationToken cancellationToken)
    {
        // All are started before the first is awaited: a judge behind a network costs one round trip, not one a completion.
        var running = batch.Select(sample => ScoreOneAsync(sample, cancellationToken)).ToArray();
        return await Task.WhenAll(running).ConfigureAwait(false);
    }

    private async Task<double?> ScoreOneAsync(RewardSample sample, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await score(sample, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception cause) when (!(cause is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw RewardException.Threw(Name, sample, cause);
        }
    }
}
