namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RewardMetricsTests
{
    [TestMethod]
    public void Each_reward_and_their_weighted_sum_have_a_mean_and_a_standard_deviation_over_the_rollout()
    {
        double?[,] rewards = { { 1, .5 }, { 0, null }, { 0, .25 }, { 1, 0 } };
        AdvantageTable table = Advantages.Compute(rewards, [1, 2], 2, ScaleRewards.Group); // sums 2, 0, 0.5 and 1
        var metrics = RewardMetrics.Compute(rewards, ["right", "short"], table);
        Near.AreEqual(.5, metrics["rewards/right/mean"], 1e-12, "mean of right");
        Near.AreEqual(Math.Sqrt(1 / 3.0), metrics["rewards/right/std"], 1e-12, "std of right");
        Near.AreEqual(.25, metrics["rewards/short/mean"], 1e-12, "mean of short");
        Near.AreEqual(.25, metrics["rewards/short/std"], 1e-12, "std of short");
        Near.AreEqual(.875, metrics["reward"], 1e-12, "mean");
        Near.AreEqual(Math.Sqrt(2.1875 / 3), metrics["reward_std"], 1e-12, "std");
        Assert.AreEqual(0.0, metrics["frac_reward_zero_std"]);
        Assert.AreEqual(0.0, metrics["rewards/right/unscored"]);
        Assert.AreEqual(.25, metrics["rewards/short/unscored"]);
        Assert.HasCount(9, metrics);
    }
}
