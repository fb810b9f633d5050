namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class LengthMetricsTests
{
    [TestMethod]
    public void Rewards_are_averaged_over_the_quarters_of_the_lengths() =>
        Check([8, 1, 2, 3, 4, 5, 6, 7], [80, 10, 20, 30, 40, 50, 60, 70], 15, 35, 55, 75);

    // Of 1, 2, 3, 4, 5 the quartiles are 2, 3, 4 and 5.
    [TestMethod]
    public void A_length_on_a_quartile_is_in_the_lower_quarter() => Check([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], 1.5, 3, 4, 5);

    // Of 1, 2, 4, 100 the quartiles are 1.75, 3, 28 and 100.
    [TestMethod]
    public void Quartiles_are_interpolated() => Check([100, 4, 2, 1], [4, 3, 2, 1], 1, 2, 3, 4);

    [TestMethod]
    public void Rows_of_one_length_stay_together() => Check([5, 5, 5], [1, 2, 3], 2, double.NaN, double.NaN, double.NaN);

    [TestMethod]
    public void Rows_without_a_reward_are_left_out() => Check([1, 1, 9, 9], [1, double.NaN, double.NaN, double.NaN], 1, double.NaN, double.NaN, double.NaN);

    private static void Check(int[] lengths, double[] rewards, params double[] quarters)
    {
        var metrics = LengthMetrics.Compute(lengths, rewards);
        Assert.HasCount(4, metrics);
        Near.AreEqual(quarters, [metrics["reward_by_length/q1"], metrics["reward_by_length/q2"], metrics["reward_by_length/q3"], metrics["reward_by_length/q4"]], 1e-12, "quarters");
    }
}
