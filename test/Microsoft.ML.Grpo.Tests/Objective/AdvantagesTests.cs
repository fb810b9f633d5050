namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class AdvantagesTests
{
    /// <summary>Two groups of four, two rewards; the second cannot judge the second row.</summary>
    private static readonly double?[,] Rewards =
    {
        { 1, .5 }, { 0, null }, { 0, .25 }, { 1, 0 }, { 2, 1 }, { 2, 0 }, { 2, 1 }, { 2, 0 },
    };

    [TestMethod]
    public void A_rows_reward_is_the_weighted_sum_of_what_could_be_judged()
    {
        double[] expected = [2, 0, .5, 1, 4, 2, 4, 2];
        CollectionAssert.AreEqual(expected, Advantages.Compute(Rewards, [1, 2], 4, ScaleRewards.Group).Rewards);
    }

    [TestMethod]
    [DataRow(ScaleRewards.Group, new[] { 1.317311, -1.024575, -.439104, .146368, .865950, -.865950, .865950, -.865950 })]
    [DataRow(ScaleRewards.Batch, new[] { .762926, -.593387, -.254309, .084770, .678157, -.678157, .678157, -.678157 })]
    [DataRow(ScaleRewards.None, new[] { 1.125, -.875, -.375, .125, 1, -1, 1, -1 })]
    public void Advantages_are_the_printed_ones(ScaleRewards scale, double[] expected) =>
        Near.AreEqual(expected, Advantages.Compute(Rewards, [1, 2], 4, scale).Advantages, 1e-6, scale.ToString());

    [TestMethod]
    public void Means_and_standard_deviations_are_one_a_group()
    {
        AdvantageTable table = Advantages.Compute(Rewards, [1, 2], 4, ScaleRewards.None);
        Near.AreEqual([.875, 3], table.GroupMeans, 1e-15, "means");
        Near.AreEqual([Math.Sqrt(2.1875 / 3), Math.Sqrt(4 / 3.0)], table.GroupStds, 1e-15, "stds");
    }

    [TestMethod]
    public void A_row_that_no_reward_can_judge_has_advantage_0_and_is_left_out_of_its_group()
    {
        double?[,] rewards = { { 1 }, { null }, { 3 } };
        AdvantageTable table = Advantages.Compute(rewards, [1], 3, ScaleRewards.None);
        double[] expected = [-1, 0, 1];
        CollectionAssert.AreEqual(expected, table.Advantages);
        Assert.IsTrue(double.IsNaN(table.Rewards[1]));
        Assert.AreEqual(2.0, table.GroupMeans[0]);
        Assert.AreEqual(Math.Sqrt(2), table.GroupStds[0]);
    }

    [TestMethod]
    [DataRow(ScaleRewards.Group)]
    [DataRow(ScaleRewards.Batch)]
    [DataRow(ScaleRewards.None)]
    public void The_only_judged_row_of_a_group_has_advantage_0(ScaleRewards scale)
    {
        double?[,] rewards = { { 5 }, { null }, { 1 }, { 2 } };
        AdvantageTable table = Advantages.Compute(rewards, [1], 2, scale);
        Assert.AreEqual(0.0, table.Advantages[0]);
        Assert.AreEqual(0.0, table.Advantages[1]);
        Assert.AreNotEqual(0.0, table.Advantages[2]);
        Assert.IsTrue(double.IsNaN(table.GroupStds[0]));
    }

    [TestMethod]
    public void A_group_that_nothing_can_judge_has_advantages_0_and_no_mean()
    {
        double?[,] rewards = { { null }, { null } };
        AdvantageTable table = Advantages.Compute(rewards, [1], 2, ScaleRewards.Group);
        CollectionAssert.AreEqual(new double[2], table.Advantages);
        Assert.IsTrue(double.IsNaN(table.GroupMeans[0]));
        Assert.IsFalse(table.StdIsZero[0], "Unknown is not zero.");
    }

    [TestMethod]
    public void Equal_rewards_give_advantage_0_and_are_flagged_row_by_row()
    {
        double?[,] rewards = { { .1 }, { .1 }, { 0 }, { 1 } };
        AdvantageTable table = Advantages.Compute(rewards, [1], 2, ScaleRewards.Group);
        Assert.AreEqual(0.0, table.Advantages[0]);
        bool[] flags = [true, true, false, false];
        CollectionAssert.AreEqual(flags, table.StdIsZero);
        Assert.AreEqual(.5, RewardMetrics.Compute(rewards, ["r"], table)["frac_reward_zero_std"]);
    }

    // (.1 + .1 + .1) / 3 is not .1. Adam makes whole steps of gradients that are nothing but rounding.
    [TestMethod]
    [DataRow(ScaleRewards.Group)]
    [DataRow(ScaleRewards.Batch)]
    [DataRow(ScaleRewards.None)]
    public void Equal_rewards_give_advantage_0_to_the_bit(ScaleRewards scale)
    {
        double?[,] rewards = { { .1 }, { .1 }, { .1 }, { .7 }, { .7 }, { .7 } };
        CollectionAssert.AreEqual(new double[6], Advantages.Compute(rewards, [1], 3, scale).Advantages);
    }

    [TestMethod]
    public void Equal_rewards_give_advantage_0_to_the_bit_whatever_their_number_and_whichever_could_be_judged()
    {
        for (int size = 3; size < 20; size++)
        {
            foreach (double value in new[] { .1, .3, .7, 1.1 })
            {
                double?[,] rewards = new double?[2 * size, 1];
                for (int row = 0; row < size; row++)
                {
                    rewards[row, 0] = row == 1 ? null : value;
                    rewards[size + row, 0] = row % 3; // differ
                }

                CollectionAssert.AreEqual(new double[size], Advantages.Compute(rewards, [1], size, ScaleRewards.Group).Advantages[..size]);
                CollectionAssert.AreEqual(new double[size], Advantages.Compute(rewards, [1], size, ScaleRewards.Group, RewardAggregation.NormalizeThenSum).Advantages[..size]);
            }
        }
    }

    [TestMethod]
    public void With_batch_scale_the_flag_is_the_rollouts_and_not_the_groups()
    {
        double?[,] rewards = { { .1 }, { .1 }, { 0 }, { 1 } };
        CollectionAssert.AreEqual(new bool[4], Advantages.Compute(rewards, [1], 2, ScaleRewards.Batch).StdIsZero);
    }

    [TestMethod]
    public void Groups_of_one_have_advantage_0_and_standard_deviation_0()
    {
        double?[,] rewards = { { 1 }, { 2 } };
        AdvantageTable table = Advantages.Compute(rewards, [1], 1, ScaleRewards.Group);
        CollectionAssert.AreEqual(new double[2], table.Advantages);
        CollectionAssert.AreEqual(new double[2], table.GroupStds);
    }

    [TestMethod]
    public void The_sum_of_a_groups_advantages_is_0_whatever_the_scale()
    {
        foreach (ScaleRewards scale in Enum.GetValues<ScaleRewards>())
        {
            double[] advantages = Advantages.Compute(Rewards, [.3, -2], 4, scale).Advantages;
            Near.AreEqual(0, advantages[..4].Sum(), 1e-12, "first group");
            Near.AreEqual(0, advantages[4..].Sum(), 1e-12, "second group");
        }
    }

    [TestMethod]
    public void Rows_that_are_not_whole_groups_are_refused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => Advantages.Compute(new double?[5, 1], [1], 2, ScaleRewards.Group));
        StringAssert.Contains(error.Message, "5 rows of rewards are not whole groups of 2");
        Assert.ThrowsExactly<ArgumentException>(() => Advantages.Compute(new double?[4, 1], [1], 0, ScaleRewards.Group));
    }

    [TestMethod]
    public void A_weight_too_few_is_refused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => Advantages.Compute(Rewards, [1], 4, ScaleRewards.Group));
        StringAssert.Contains(error.Message, "There are 2 rewards but 1 weights");
    }

    [TestMethod]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void A_reward_that_is_not_finite_is_named_by_function_and_row(double value)
    {
        double?[,] rewards = { { 1, 1 }, { 1, value } };
        var error = Assert.ThrowsExactly<ArgumentException>(() => Advantages.Compute(rewards, [1, 1], 2, ScaleRewards.Group));
        StringAssert.Contains(error.Message, "Reward 1 of row 1 is ");
        StringAssert.Contains(error.Message, "or null where the reward cannot judge");
    }

    [TestMethod]
    public void Normalised_rewards_are_summed_and_normalised_over_the_rollout()
    {
        double[] expected = [1.580908, -.477778, -.477778, -.625353, .955556, -.955556, .955556, -.955556];
        foreach (ScaleRewards scale in Enum.GetValues<ScaleRewards>())
        {
            AdvantageTable table = Advantages.Compute(Rewards, [1, 2], 4, scale, RewardAggregation.NormalizeThenSum);
            Near.AreEqual(expected, table.Advantages, 1e-6, $"{scale} is not consulted");
            AdvantageTable summed = Advantages.Compute(Rewards, [1, 2], 4, scale);
            CollectionAssert.AreEqual(summed.Rewards, table.Rewards);
            CollectionAssert.AreEqual(summed.GroupMeans, table.GroupMeans);
            CollectionAssert.AreEqual(summed.GroupStds, table.GroupStds);
            CollectionAssert.AreEqual(new bool[8], table.StdIsZero);
        }
    }

    [TestMethod]
    public void Normalised_rewards_weigh_alike_whatever_their_scale()
    {
        double?[,] rewards = { { 0, 1000 }, { 1, 0 }, { 0, 1000 }, { 1, 0 } };
        double[] advantages = Advantages.Compute(rewards, [1, 1], 2, ScaleRewards.Group, RewardAggregation.NormalizeThenSum).Advantages;
        double rest = Z(1000) - Z(1); // nearly nothing: the two cancel
        double advantage = rest / ((rest * Math.Sqrt(4 / 3.0)) + 1e-4);
        Near.AreEqual([advantage, -advantage, advantage, -advantage], advantages, 1e-9, "advantages");

        static double Z(double difference) => difference / 2 / ((difference / Math.Sqrt(2)) + 1e-4);
    }

    [TestMethod]
    public void Equal_rewards_are_flagged_in_every_row_once_they_are_normalised()
    {
        double?[,] even = { { .1 }, { .1 }, { .7 }, { .7 } };
        AdvantageTable table = Advantages.Compute(even, [1], 2, ScaleRewards.Group, RewardAggregation.NormalizeThenSum);
        CollectionAssert.AreEqual(new double[4], table.Advantages);
        CollectionAssert.AreEqual(new[] { true, true, true, true }, table.StdIsZero);
        double?[,] half = { { .1 }, { .1 }, { 0 }, { 1 } };
        CollectionAssert.AreEqual(new bool[4], Advantages.Compute(half, [1], 2, ScaleRewards.Group, RewardAggregation.NormalizeThenSum).StdIsZero);
    }

    // Group one: only the first row is scored, so its z is 0; group two: -+1/sqrt(2), one row unscorable.
    [TestMethod]
    public void A_reward_that_judged_one_row_of_a_group_alone_adds_nothing_and_an_unscorable_row_has_advantage_0()
    {
        double?[,] rewards = { { 5 }, { null }, { null }, { 0 }, { 1 }, { null } };
        double[] advantages = Advantages.Compute(rewards, [2], 3, ScaleRewards.Group, RewardAggregation.NormalizeThenSum).Advantages;
        double z = 2 * .5 / (Math.Sqrt(.5) + 1e-4);
        double unit = z / (z + 1e-4); // the standard deviation of -z, 0 and z is z
        Near.AreEqual([0, 0, 0, -unit, unit, 0], advantages, 1e-12, "advantages");
    }

    [TestMethod]
    public void A_group_of_one_alone_has_advantage_0_after_normalising()
    {
        double?[,] rewards = { { 3 } };
        AdvantageTable table = Advantages.Compute(rewards, [1], 1, ScaleRewards.Group, RewardAggregation.NormalizeThenSum);
        Assert.AreEqual(0.0, table.Advantages[0]);
        Assert.IsTrue(table.StdIsZero[0]);
    }

    [TestMethod]
    public void Advantages_are_divided_by_the_std_and_one_in_ten_thousand()
    {
        double?[,] rewards = { { 0 }, { 1e-4 } };
        double std = 1e-4 / Math.Sqrt(2);
        Near.AreEqual(.5e-4 / (std + 1e-4), Advantages.Compute(rewards, [1], 2, ScaleRewards.Group).Advantages[1], 1e-12, "advantage");
    }

    // The standard deviation of -a, 0 and a is a to the bit; 1.0001e-8 / (1 + 1e-4) is 1e-8.
    [TestMethod]
    public void A_std_of_exactly_a_hundred_millionth_counts_as_zero()
    {
        double?[,] rewards = { { -1e-8 }, { 0 }, { 1e-8 } };
        AdvantageTable table = Advantages.Compute(rewards, [1], 3, ScaleRewards.Group);
        Assert.AreEqual(1e-8, table.GroupStds[0]);
        Assert.IsTrue(table.StdIsZero[0]);
        Assert.IsTrue(Advantages.Compute(rewards, [1], 3, ScaleRewards.Batch).StdIsZero[0]);
        double?[,] units = { { -1 }, { 0 }, { 1 } };
        Assert.IsTrue(Advantages.Compute(units, [1.0001e-8], 3, ScaleRewards.Group, RewardAggregation.NormalizeThenSum).StdIsZero[0]);
        Assert.IsFalse(Advantages.Compute(units, [1.0002e-8], 3, ScaleRewards.Group, RewardAggregation.NormalizeThenSum).StdIsZero[0]);
    }

    [TestMethod]
    [DataRow(1e-8, true)]
    [DataRow(1.5e-8, false)]
    public void A_std_of_a_hundred_millionth_counts_as_zero(double std, bool isZero)
    {
        double?[,] rewards = { { 0 }, { std * Math.Sqrt(2) * (1 - 1e-12) } };
        Assert.AreEqual(isZero, Advantages.Compute(rewards, [1], 2, ScaleRewards.Group).StdIsZero[0]);
        Assert.AreEqual(isZero, Advantages.Compute(rewards, [1], 2, ScaleRewards.Batch).StdIsZero[1]);
    }
}
