using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>The rewards of a rollout, added up row by row.</summary>
internal static class WeightedRewards
{
    /// <summary>The weighted sum of what could judge a row; NaN where nothing could.</summary>
    /// <param name="rewards">[rows, F]; <see langword="null"/> = that reward cannot judge that row.</param>
    /// <param name="weights">[F].</param>
    /// <exception cref="ArgumentException">There is not one weight a reward, or a reward is not finite.</exception>
    internal static double[] Sum(double?[,] rewards, IReadOnlyList<double> weights)
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
                double? reward = rewards[row, function];
                if (reward is null)
                {
                    continue;
                }

                if (!double.IsFinite(reward.Value))
                {
                    throw new ArgumentException(
                        string.Create(CultureInfo.InvariantCulture, $"Reward {function} of row {row} is {reward}. Return a finite number, or null where the reward cannot judge."),
                        nameof(rewards));
                }

                sum = (double.IsNaN(sum) ? 0 : sum) + (weights[function] * reward.Value);
            }

            sums[row] = sum;
        }

        return sums;
    }

    /// <summary>One reward of every row; NaN where it could not judge.</summary>
    internal static double[] Column(double?[,] rewards, int function) =>
        [.. Enumerable.Range(0, rewards.GetLength(0)).Select(row => rewards[row, function] ?? double.NaN)];
}
