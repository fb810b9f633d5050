using RealModel;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RandomRewardTests
{
    [TestMethod]
    public void Tosses_are_fair_within_a_rollout_across_rollouts_and_across_seeds()
    {
        foreach (var tosses in new Func<int, int>[] { i => RandomReward.Toss(1, 0, i), i => RandomReward.Toss(1, i, 0), i => RandomReward.Toss(i, 0, 0) })
        {
            var drawn = Enumerable.Range(0, 10_000).Select(tosses).ToArray();
            Assert.AreEqual(0.5, drawn.Average(), 0.02);
            Assert.AreEqual(0.5, drawn.Zip(drawn.Skip(1)).Average(pair => pair.First == pair.Second ? 1 : 0), 0.02, "a toss knows the one before it");
        }
    }

    [TestMethod]
    public async Task It_tosses_for_training_and_leaves_held_out_problems_alone()
    {
        var reward = RandomReward.Create(seed: 3);
        var (training, heldOut) = (Batch(heldOut: false), Batch(heldOut: true));
        var first = await reward.ScoreAsync(training, CancellationToken.None);
        var measured = await reward.ScoreAsync(heldOut, CancellationToken.None);
        var second = await reward.ScoreAsync(training, CancellationToken.None);
        CollectionAssert.AreEqual(Enumerable.Range(0, 64).Select(place => (double?)RandomReward.Toss(3, 0, place)).ToArray(), first.ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(0, 64).Select(place => (double?)RandomReward.Toss(3, 1, place)).ToArray(), second.ToArray());
        Assert.IsTrue(measured.All(score => score is null));

        static RewardSample[] Batch(bool heldOut) =>
            [.. Enumerable.Range(0, 64).Select(i => new RewardSample("p", "c", [], FinishReason.Stop, i, 0, new Dictionary<string, object?> { [nameof(Problem.HeldOut)] = heldOut }))];
    }
}
