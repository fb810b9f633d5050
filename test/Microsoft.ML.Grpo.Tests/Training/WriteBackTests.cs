namespace Microsoft.ML.Grpo.Tests;

/// <summary>
/// What a first visit finds is kept for the later ones. Adapters with dropout show whether it is: their second walk computes
/// other log-probs with the very same weights.
/// </summary>
[TestClass]
public class WriteBackTests
{
    [TestMethod]
    public void The_second_walk_compares_with_the_log_probs_of_the_first()
    {
        using var walk = Walk(LossType.Dapo);
        walk.Update();
        var ratios = walk.SliceMetrics("ratio/max");
        Assert.HasCount(6, ratios);
        Assert.IsTrue(ratios.Take(3).All(r => r == 1), "At the first visit the loss pass's log-probs are the old ones.");
        Assert.IsTrue(ratios.Skip(3).All(r => r > 1 + 1e-4), "Had the second visit made its own, the ratio would be 1.");
    }

    [TestMethod]
    [DataRow(LossType.Dapo)]
    [DataRow(LossType.Vespo)]
    public void The_second_walk_weighs_with_the_ratio_of_the_first(LossType type)
    {
        using var walk = Walk(type);
        double[] losses = [], doubled = [];
        walk.Update(afterFirstWalk: () => { }, onLosses: l => losses = l);
        Assert.IsFalse(walk.Batch.Ratio!.requires_grad);
        Assert.IsFalse(walk.Batch.Old!.requires_grad);

        // What is kept is what is read: a ratio changed between the walks changes the second walk alone.
        using var other = Walk(type);
        other.Update(afterFirstWalk: () => other.Batch.Ratio!.mul_(Scalars.Of(2)), onLosses: l => doubled = l);
        for (var slice = 0; slice < 3; slice++)
        {
            Assert.AreEqual(losses[slice], doubled[slice]);
            Assert.IsTrue(Math.Abs(losses[slice + 3]) > 1e-6);
            if (type == LossType.Dapo)
            {
                Near.AreEqual(2 * losses[slice + 3], doubled[slice + 3], 1e-9, "a loss that the ratio multiplies");
            }
            else
            {
                Assert.AreNotEqual(losses[slice + 3], doubled[slice + 3], 1e-9, "VESPO reads the ratio in its weight.");
            }
        }
    }

    private static SliceWalk Walk(LossType type) => new(o =>
    {
        (o.Loss.Type, o.ImportanceSampling.Mode) = (type, CorrectionMode.TokenTruncate);
        (o.GroupSize, o.PromptsPerRollout, o.AdvancedSchedule, o.Execution.MicroBatchTokens) = (3, 4, new(6, 3, 2), 100_000);
        o.Lora = new() { Rank = 3, Dropout = 0.4 };
    });
}
