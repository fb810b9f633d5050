namespace Microsoft.ML.Grpo.Tests;

/// <summary>
/// What a first visit finds is kept for the later ones. Adapters with dropout show whether it is: their second walk computes
/// other log-probs with the very same weights.
/// </summary>
[TestClass]
public class WriteBackTests
{
    [TestMethod]
    [DataRow(6, 3)]
    [DataRow(4, 2)]
    public void The_second_walk_compares_with_the_log_probs_of_the_first(int accumulation, int slices)
    {
        using var walk = Walk(LossType.Dapo, accumulation, slices);
        walk.Update();
        var ratios = walk.SliceMetrics("ratio/max");
        Assert.HasCount(accumulation, ratios);
        Assert.IsTrue(ratios.Take(slices).All(r => r == 1), "At the first visit the loss pass's log-probs are the old ones.");
        Assert.IsTrue(ratios.Skip(slices).All(r => r > 1 + 1e-4), "Had the second visit made its own, the ratio would be 1.");
    }

    [TestMethod]
    [DataRow(LossType.Dapo, 6, 3)]
    [DataRow(LossType.Dapo, 4, 2)]
    [DataRow(LossType.Vespo, 6, 3)]
    public void The_second_walk_weighs_with_the_ratio_of_the_first(LossType type, int accumulation, int slices)
    {
        using var walk = Walk(type, accumulation, slices);
        double[] losses = [], doubled = [];
        walk.Update(afterFirstWalk: () => { }, onLosses: l => losses = l);
        Assert.IsFalse(walk.Batch.Ratio!.requires_grad);
        Assert.IsFalse(walk.Batch.Old!.requires_grad);

        // What is kept is what is read: a ratio changed between the walks changes the second walk alone.
        using var other = Walk(type, accumulation, slices);
        other.Update(afterFirstWalk: () => other.Batch.Ratio!.mul_(Scalars.Of(2)), onLosses: l => doubled = l);
        for (var slice = 0; slice < slices; slice++)
        {
            Assert.AreEqual(losses[slice], doubled[slice]);
            Assert.IsTrue(Math.Abs(losses[slice + slices]) > 1e-6);
            if (type == LossType.Dapo)
            {
                Near.AreEqual(2 * losses[slice + slices], doubled[slice + slices], 1e-9, "a loss that the ratio multiplies");
            }
            else
            {
                Assert.AreNotEqual(losses[slice + slices], doubled[slice + slices], 1e-9, "VESPO reads the ratio in its weight.");
            }
        }
    }

    private static SliceWalk Walk(LossType type, int accumulation, int slices) => new(o =>
    {
        (o.Loss.Type, o.ImportanceSampling.Mode) = (type, CorrectionMode.TokenTruncate);
        (o.GroupSize, o.PromptsPerRollout, o.AdvancedSchedule, o.Execution.MicroBatchTokens) = (3, 4, new(accumulation, slices, 2), 100_000);
        o.Lora = new() { Rank = 3, Dropout = 0.4 };
    });
}
