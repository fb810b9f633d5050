namespace Microsoft.ML.Grpo;

/// <summary>The advantages of a rollout and the statistics they were made from.</summary>
/// <param name="Advantages">One a row; exactly 0 where the row could not be scored.</param>
/// <param name="Rewards">One a row: the weighted sum of what the rewards said; NaN where none could judge.</param>
/// <param name="GroupMeans">One a group: the mean reward of its scored rows; NaN if there is none.</param>
/// <param name="GroupStds">One a group: the sample standard deviation (n - 1) of its scored rows; NaN if fewer than two are scored; 0 for groups of one.</param>
/// <param name="StdIsZero">One a row: whether the standard deviation that the row was, or with <see cref="ScaleRewards.None"/> would have been, divided by is zero to within 1e-8.</param>
internal sealed record AdvantageTable(
    double[] Advantages,
    double[] Rewards,
    double[] GroupMeans,
    double[] GroupStds,
    bool[] StdIsZero);
