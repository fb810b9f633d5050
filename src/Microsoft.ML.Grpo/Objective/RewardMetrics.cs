namespace Microsoft.ML.Grpo;

/// <summary>What a rollout's rewards looked like, under the reference's metric names; <c>unscored</c> is ours.</summary>
internal static class RewardMetrics
{
    /// <summary>
    /// Mean and standard deviation of each reward and of their weighted sum over the whole rollout, the share of rows that each
    /// reward could not judge, and the share of rows whose advantages are zero because their rewards are equal. NaN = nothing to measure.
    /// </summary>
    /// <param name="rewards">[rows, F], as given to <see cref="Advantages.Compute"/>.</param>
    /// <param name="names">[F], the names of the rewards.</param>
    /// <param name="table">What <see cref="Advantages.Compute"/> made of them.</param>
    internal static IReadOnlyDictionary<string, double> Compute(double?[,] rewards, IReadOnlyList<string> names, AdvantageTable table)
    {
        var metrics = new Dictionary<string, double>();
        for (int function = 0; function < names.Count; function++)
        {
            double[] column = WeightedRewards.Column(rewards, function);
            metrics[$"rewards/{names[function]}/mean"] = NanStatistics.Mean(column);
            metrics[$"rewards/{names[function]}/std"] = NanStatistics.Std(column);
            metrics[$"rewards/{names[function]}/unscored"] = column.Count(double.IsNaN) / (double)column.Length;
        }

        metrics["reward"] = NanStatistics.Mean(table.Rewards);
        metrics["reward_std"] = NanStatistics.Std(table.Rewards);
        metrics["frac_reward_zero_std"] = table.StdIsZero.Count(zero => zero) / (double)table.StdIsZero.Length;
        return metrics;
    }
}
