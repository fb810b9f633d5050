namespace Microsoft.ML.Grpo;

/// <summary>Whether long completions earn more than short ones.</summary>
internal static class LengthMetrics
{
    private const int Quarters = 4;

    /// <summary>
    /// <c>reward_by_length/q1</c> to <c>q4</c>, the mean reward of the rollout's shortest to longest completions. A row is in the first quarter whose upper
    /// quartile, interpolated linearly, is not below its length, so that rows of one length stay together; NaN = a quarter without scored rows.
    /// </summary>
    /// <param name="lengths">Tokens of each row's completion.</param>
    /// <param name="rewards">The rows' rewards; NaN = not scored.</param>
    internal static IReadOnlyDictionary<string, double> Compute(IReadOnlyList<int> lengths, IReadOnlyList<double> rewards)
    {
        int[] sorted = [.. lengths.Order()];
        ILookup<int, double> byQuarter = Enumerable.Range(0, lengths.Count).ToLookup(row => QuarterOf(lengths[row], sorted), row => rewards[row]);
        return Enumerable.Range(1, Quarters).ToDictionary(quarter => $"reward_by_length/q{quarter}", quarter => NanStatistics.Mean([.. byQuarter[quarter]]));
    }

    private static int QuarterOf(int length, int[] sorted) =>
        Enumerable.Range(1, Quarters).First(quarter => length <= Quantile(sorted, quarter / (double)Quarters));

    private static double Quantile(int[] sorted, double share)
    {
        double rank = share * (sorted.Length - 1);
        int below = (int)rank;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
    }
}
