namespace Microsoft.ML.Grpo;

/// <summary>The numbers by which completions of a group are told apart.</summary>
internal static class ComparedRewards
{
    /// <summary>The sums, if the sum of rewards is compared; if each reward is, those of every one that has a weight, even where the sums are equal.</summary>
    /// <param name="rollout">The groups.</param>
    /// <param name="aggregation">How rewards are joined.</param>
    /// <returns>Each with the name of the reward, null for the sum; one value a row, NaN where it could not be scored.</returns>
    public static IReadOnlyList<(string? Reward, double[] Values)> Of(ScoredRollout rollout, RewardAggregation aggregation)
    {
        var rewards = rollout.Rewards;
        return aggregation == RewardAggregation.SumThenNormalize
            ? [(null, rollout.Advantages.Rewards)]
            : [.. Enumerable.Range(0, rewards.Weights.Count).Where(f => rewards.Weights[f] != 0).Select(f => ((string?)rewards.Names[f], WeightedRewards.Column(rewards.Scores, f)))];
    }
}
