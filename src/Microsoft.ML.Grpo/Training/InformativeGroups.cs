namespace Microsoft.ML.Grpo;

/// <summary>Tells groups that teach from those that do not: where all rewards are equal, no completion is better than another.</summary>
internal static class InformativeGroups
{
    /// <summary>Looks at every group by itself, whatever its advantages are scaled by.</summary>
    /// <param name="rollout">The groups.</param>
    /// <param name="aggregation">How rewards are joined: what <see cref="ComparedRewards"/> are.</param>
    /// <returns>One a group. A group with fewer than two rows that could be scored is not informative.</returns>
    public static IReadOnlyList<bool> Of(ScoredRollout rollout, RewardAggregation aggregation)
    {
        var columns = ComparedRewards.Of(rollout, aggregation);
        return [.. Enumerable.Range(0, rollout.Rewards.Rows / rollout.GroupSize).Select(
            group => columns.Any(column => Differ(column.Values.AsSpan(group * rollout.GroupSize, rollout.GroupSize))))];
    }

    private static bool Differ(ReadOnlySpan<double> values) => NanStatistics.Std(values) is var std && !double.IsNaN(std) && !NanStatistics.IsZeroStd(std);
}
