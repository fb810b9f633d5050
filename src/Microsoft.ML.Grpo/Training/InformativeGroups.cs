namespace Microsoft.ML.Grpo;

/// <summary>Tells groups that teach from those that do not: where all rewards are equal, no completion is better than another.</summary>
internal static class InformativeGroups
{
    /// <summary>A smaller standard deviation counts as none, as in the metric <c>frac_reward_zero_std</c>.</summary>
    private const double ZeroStd = 1e-8;

    /// <summary>Looks at every group by itself, whatever its advantages are scaled by.</summary>
    /// <param name="rollout">The groups.</param>
    /// <param name="aggregation">
    /// How rewards are joined: if their sum is compared, the sums of a group must differ; if each is, those of one reward
    /// that has a weight, even where the sums are equal.
    /// </param>
    /// <returns>One a group. A group with fewer than two rows that could be scored is not informative.</returns>
    public static IReadOnlyList<bool> Of(ScoredRollout rollout, RewardAggregation aggregation)
    {
        var rewards = rollout.Rewards;
        double[][] columns = aggregation == RewardAggregation.SumThenNormalize
            ? [rollout.Advantages.Rewards]
            : [.. Enumerable.Range(0, rewards.Weights.Count).Where(f => rewards.Weights[f] != 0).Select(f => Column(rewards, f))];
        return [.. Enumerable.Range(0, rewards.Rows / rollout.GroupSize).Select(
            group => columns.Any(column => NanStatistics.Std(column.AsSpan(group * rollout.GroupSize, rollout.GroupSize)) > ZeroStd))]; // false for NaN
    }

    private static double[] Column(RewardTable rewards, int function) =>
        [.. Enumerable.Range(0, rewards.Rows).Select(row => rewards.Scores[row, function] ?? double.NaN)];
}
