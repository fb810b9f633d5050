using RealModel;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class HeldOutRecordTests
{
    private readonly List<HeldOutFigures> _untrained = [];

    [TestMethod]
    public async Task Completions_are_told_apart_by_problem_and_number_in_whatever_batches_they_come()
    {
        var record = Record();
        var reward = record.ToReward(1);
        await reward.ScoreAsync([Sample(1, 1, "1"), Sample(1, 0, "x")], default);
        await reward.ScoreAsync([Sample(1, 0, "1")], default);
        await reward.ScoreAsync([Sample(7, 0, "1", heldOut: false)], default);
        Assert.IsEmpty(record.Evaluations);
        await reward.ScoreAsync([Sample(0, 0, "1"), Sample(0, 1, "1"), Sample(0, 0, "y")], default);
        var figures = record.Evaluations.Single();
        Assert.AreSame(figures, _untrained.Single());
        CollectionAssert.AreEqual(new[] { 1, 1 }, figures.Problems[0].Correct.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1 }, figures.Problems[1].Correct.ToArray());
        Assert.AreEqual(("y", 0, "1", 1), (figures.Problems[0].GreedyCompletion, figures.Problems[0].Greedy, figures.Problems[1].GreedyCompletion, figures.Problems[1].Greedy));
        Assert.AreEqual((0.75, 0.5, 1.0), (figures.Correct, figures.GreedyCorrect, figures.CorrectOnce));
        await reward.ScoreAsync([.. Enumerable.Range(0, 6).Select(i => Sample(i / 3, i % 3 % 2, "1"))], default);
        Assert.HasCount(2, record.Evaluations);
        Assert.HasCount(1, _untrained, "the second is not of the untrained model");
    }

    [TestMethod]
    public async Task One_that_is_missing_or_comes_too_often_is_an_error()
    {
        var twice = Record().ToReward(1);
        await AssertThrows(twice, "Held-out problem 0 has one completion more of the number 1 than an evaluation asks for.", Sample(0, 1, "1"), Sample(0, 1, "1"));
        var other = Record().ToReward(1);
        await AssertThrows(other, "Held-out problem 0 has no sampled completion 0.", [.. Enumerable.Range(1, 6).Select(i => Sample(i, 0, "1"))]);

        static async Task AssertThrows(Reward reward, string message, params RewardSample[] batch)
        {
            Exception error = await Assert.ThrowsAsync<Exception>(async () => await reward.ScoreAsync(batch, default));
            StringAssert.Contains((error.InnerException ?? error).Message, message);
        }
    }

    private HeldOutRecord Record() => new(new(ScoringRules.All["exact"], AnswerForm.Whole), problems: 2, samples: 2, _untrained.Add);

    private static RewardSample Sample(int row, int generation, string completion, bool heldOut = true) => new(
        "p", completion, [1], FinishReason.Stop, row, generation,
        new Dictionary<string, object?> { [nameof(Problem.Answer)] = "1", [nameof(Problem.Metadata)] = "{}", [nameof(Problem.HeldOut)] = heldOut });
}
