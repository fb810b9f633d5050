using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>Turns rewards into advantages: how much better a completion is than the others of its group.</summary>
internal static class Advantages
{
    /// <summary>Keeps values that are all but equal from dividing by zero. The reference's constant.</summary>
    private const double StdFloor = 1e-4;

    /// <summary>Computes the advantages of a rollout.</summary>
    /// <param name="rewards">[rows, F], unweighted; <see langword="null"/> = that reward cannot judge that row.</param>
    /// <param name="weights">[F], the factor of each reward in the sum.</param>
    /// <param name="groupSize">Rows per group; groups are consecutive rows.</param>
    /// <param name="scale">What the distance from the group's mean is divided by; without effect on <see cref="RewardAggregation.NormalizeThenSum"/>, which has its own scale.</param>
    /// <param name="aggregation">How several rewards become one advantage.</param>
    /// <exception cref="ArgumentException">Weights, rows and group size do not fit together, or a reward is not finite.</exception>
    internal static AdvantageTable Compute(
        double?[,] rewards, IReadOnlyList<double> weights, int groupSize, ScaleRewards scale, RewardAggregation aggregation = RewardAggregation.SumThenNormalize)
    {
        double[] sums = WeightedRewards.Sum(rewards, weights);
        if (groupSize < 1 || sums.Length % groupSize != 0)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{sums.Length} rows of rewards are not whole groups of {groupSize}. Score every completion of a group in the same rollout."),
                nameof(groupSize));
        }

        var (means, stds) = OfGroups(sums, groupSize);
        return aggregation == RewardAggregation.NormalizeThenSum
            ? NormalizeThenSum(rewards, weights, groupSize, sums, means, stds)
            : SumThenNormalize(groupSize, scale, sums, means, stds);
    }

    /// <summary><c>A = (r - mean_group) / (std + 1e-4)</c>, std that of the group or the rollout; DeepSeekMath, arXiv 2402.03300, section 4.1.2.</summary>
    private static AdvantageTable SumThenNormalize(int groupSize, ScaleRewards scale, double[] sums, double[] means, double[] stds)
    {
        double rolloutStd = StdOf(sums);
        var (advantages, stdIsZero) = (new double[sums.Length], new bool[sums.Length]);
        for (int row = 0; row < sums.Length; row++)
        {
            int group = row / groupSize;
            double std = scale == ScaleRewards.Batch ? rolloutStd : stds[group];
            double divisor = scale == ScaleRewards.None ? 1 : std + StdFloor;

            // NaN: the row is unscorable, or the only scored one of its group. It must not move the policy.
            advantages[row] = NumberOr0((sums[row] - means[group]) / divisor);
            stdIsZero[row] = NanStatistics.IsZeroStd(std);
        }

        return new AdvantageTable(advantages, sums, means, stds, stdIsZero);
    }

    /// <summary>
    /// <c>z_f = (R_f - mean_group R_f) / (std_group R_f + 1e-4)</c>, <c>r = sum_f w_f z_f</c>, <c>A = (r - mean r) / (std r + 1e-4)</c> over the rollout;
    /// GDPO, arXiv 2601.05242. A reward that judged one row of a group alone says nothing of it: its z is 0.
    /// </summary>
    private static AdvantageTable NormalizeThenSum(double?[,] rewards, IReadOnlyList<double> weights, int groupSize, double[] sums, double[] means, double[] stds)
    {
        double[] normalised = [.. sums.Select(sum => double.IsNaN(sum) ? double.NaN : 0)];
        for (int function = 0; function < weights.Count; function++)
        {
            double[] column = WeightedRewards.Column(rewards, function);
            var (columnMeans, columnStds) = OfGroups(column, groupSize);
            for (int row = 0; row < column.Length; row++)
            {
                normalised[row] += weights[function] * NumberOr0((column[row] - columnMeans[row / groupSize]) / (columnStds[row / groupSize] + StdFloor));
            }
        }

        var (mean, std) = (NanStatistics.Mean(normalised), StdOf(normalised));
        double[] advantages = [.. normalised.Select(z => z == 0 ? 0 : NumberOr0((z - mean) / (std + StdFloor)))]; // the z of a group sum to 0, and so their mean is 0 but for rounding
        return new AdvantageTable(advantages, sums, means, stds, [.. advantages.Select(_ => NanStatistics.IsZeroStd(std))]);
    }

    private static (double[] Means, double[] Stds) OfGroups(double[] values, int groupSize)
    {
        double[][] groups = [.. values.Chunk(groupSize)];
        return ([.. groups.Select(MeanOf)], [.. groups.Select(StdOf)]);
    }

    /// <summary>The mean of equal numbers is that number, where their sum over their count may be the next one: what has no advantage shall have none.</summary>
    private static double MeanOf(double[] values)
    {
        double[] known = [.. values.Where(value => !double.IsNaN(value)).Distinct()];
        return known is [double all] ? all : NanStatistics.Mean(values);
    }

    /// <summary>One value alone has no spread, and that is not "unknown": groups of one (in evaluation) count as even.</summary>
    private static double StdOf(double[] values) => values.Length == 1 ? 0 : NanStatistics.Std(values);

    private static double NumberOr0(double value) => double.IsNaN(value) ? 0 : value;
}
