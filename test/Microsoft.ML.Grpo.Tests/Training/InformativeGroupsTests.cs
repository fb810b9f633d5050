namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class InformativeGroupsTests
{
    [TestMethod]
    public void A_group_is_informative_if_two_rows_that_could_be_scored_differ()
    {
        double?[] rewards = [null, null, null, 1, 1, 1, 1, 1 + 1e-9, 1, 1 + 1e-7, -1, 4];
        CollectionAssert.AreEqual(
            new[] { false, false, false, false, true, true },
            InformativeGroups.Of(Rollout(Column(rewards), [1], ScaleRewards.Group), RewardAggregation.SumThenNormalize).ToArray());
    }

    [TestMethod]
    [DataRow(ScaleRewards.Batch)]
    [DataRow(ScaleRewards.None)]
    public void Each_group_is_looked_at_by_itself_whatever_advantages_are_divided_by(ScaleRewards scale)
    {
        var rollout = Rollout(Column([0, 0, 1, 1, 0, 1]), [1], scale);
        CollectionAssert.AreEqual(new[] { false, false, true }, InformativeGroups.Of(rollout, RewardAggregation.SumThenNormalize).ToArray());
    }

    // Group 0: the sums are equal, the rewards are not. Group 1: only the reward of weight 0 differs.
    [TestMethod]
    [DataRow(RewardAggregation.SumThenNormalize, false)]
    [DataRow(RewardAggregation.NormalizeThenSum, true)]
    public void Rewards_that_cancel_teach_only_where_each_is_compared_by_itself(RewardAggregation aggregation, bool cancelling)
    {
        var rollout = Rollout(new double?[,] { { 0, 2, 5 }, { 2, 1, 5 }, { 3, 3, 0 }, { 3, 3, 1 } }, [1, 2, 0], ScaleRewards.Group);
        CollectionAssert.AreEqual(new[] { cancelling, false }, InformativeGroups.Of(rollout, aggregation).ToArray());
    }

    private static double?[,] Column(double?[] values)
    {
        var scores = new double?[values.Length, 1];
        for (var row = 0; row < values.Length; row++)
        {
            scores[row, 0] = values[row];
        }

        return scores;
    }

    private static ScoredRollout Rollout(double?[,] scores, double[] weights, ScaleRewards scale) => new(
        [], 2, new(scores, [.. weights.Select((_, f) => $"r{f}")], weights), Advantages.Compute(scores, weights, 2, scale));
}
