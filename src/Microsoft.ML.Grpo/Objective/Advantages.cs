using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Turns rewards into advantages: the weighted sum of a row's rewards, less its group's mean, scaled.
/// Left out: normalising every reward before summing (GDPO).
/// </summary>
internal static class Advantages
{
    /// <summary>Keeps a group whose rewards are all but equal from dividing by zero. The reference's constant.</summary>
    private const double StdFloor = 1e-4;

    /// <summary>Below this, a standard deviation is counted as zero (the absolute tolerance of the reference's <c>isclose</c>).</summary>
    private const double ZeroStd = 1e-8;

    /// <summary>Computes the advantages of a rollout.</summary>
    /// <param name="rewards">[rows, F], unweighted; <see langword="null"/> = that reward cannot judge that row.</param>
    /// <param name="weights">[F], the factor of each reward in the sum.</param>
    /// <param name="groupSize">Rows per group; groups are consecutive rows.</param>
    /// <param name="scale">What the distance from the group's mean is divided by.</param>
    /// <exception cref="ArgumentException">Weights, rows and group size do not fit together, or a reward is not finite.</exception>
    internal static AdvantageTable Compute(double?[,] rewards, IReadOnlyList<double> weights, int groupSize, ScaleRewards scale)
    {
        double[] sums = WeightedSums(rewards, weights);
        if (groupSize < 1 || sums.Length % groupSize != 0)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{sums.Length} rows of rewards are not whole groups of {groupSize}. Score every completion of a group in the same rollout."),
                nameof(groupSize));
        }

        int groups = sums.Length / groupSize;
        var (means, stds) = (new double[groups], new double[groups]);
        for (int group = 0; group < groups; group++)
        {
            ReadOnlySpan<double> members = sums.AsSpan(group * groupSize, groupSize);
            means[group] = NanStatistics.Mean(members);
            stds[group] = StdOf(members);
        }

        double rolloutStd = StdOf(sums);
        var (advantages, stdIsZero) = (new double[sums.Length], new bool[sums.Length]);
        for (int row = 0; row < sums.Length; row++)
        {
            int group = row / groupSize;
            double std = scale == ScaleRewards.Batch ? rolloutStd : stds[group];
            double divisor = scale == ScaleRewards.None ? 1 : std + StdFloor;
            double advantage = (sums[row] - means[group]) / divisor;

            // NaN: the row is unscorable, or the only scored one of its group. It must not move the policy.
            advantages[row] = double.IsNaN(advantage) ? 0 : advantage;
            stdIsZero[row] = Math.Abs(std) <= ZeroStd;
        }

        return new AdvantageTable(advantages, sums, means, stds, stdIsZero);
    }

    /// <summary>One value alone has no spread, and that is not "unknown": groups of one (in evaluation) count as even.</summary>
    private static double StdOf(ReadOnlySpan<double> values) => values.Length == 1 ? 0 : NanStatistics.Std(values);

    private static double[] WeightedSums(double?[,] rewards, IReadOnlyList<double> weights)
    {
        int functions = rewards.GetLength(1);
        if (weights.Count != functions)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"There are {functions} rewards but {weights.Count} weights. Give each reward one weight."),
                nameof(weights));
        }

        var sums = new double[rewards.GetLength(0)];
        for (int row = 0; row < sums.Length; row++)
        {
            double sum = double.NaN;
            for (int function = 0; function < functions; function++)
            {
                if (rewards[row, function] is not { } reward)
                {
                    continue;
                }

                if (!double.IsFinite(reward))
                {
                    throw new ArgumentException(
                        string.Create(CultureInfo.InvariantCulture, $"Reward {function} of row {row} is {reward}. Return a finite number, or null where the reward cannot judge."),
                        nameof(rewards));
                }

                sum = (double.IsNaN(sum) ? 0 : sum) + (weights[function] * reward);
            }

            sums[row] = sum;
        }

        return sums;
    }
}
