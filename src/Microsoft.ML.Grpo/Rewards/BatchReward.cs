namespace Microsoft.ML.Grpo;

/// <summary>A reward that scores all completions of a batch in one call.</summary>
internal sealed class BatchReward(
    string name,
    Func<IReadOnlyList<RewardSample>, CancellationToken, ValueTask<IReadOnlyList<double?>>> score,
    double weight,
    IReadOnlyList<string> columns) : Reward(name, weight, columns)
{
    public override ValueTask<IReadOnlyList<double?>> ScoreAsync(IReadOnlyList<RewardSample> batch, CancellationToken cancellationToken) =>
        score(batch, cancellationToken);
}
