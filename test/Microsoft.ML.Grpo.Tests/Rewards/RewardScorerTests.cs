namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RewardScorerTests
{
    private static readonly RewardSample[] Batch = Samples.Groups(groups: 2, groupSize: 2, firstRow: 10);

    [TestMethod]
    public async Task The_table_has_a_row_a_completion_and_a_column_a_reward()
    {
        var scorer = new RewardScorer([
            Reward.FromFunction("row", s => s.Row, 0.5, "A", "B"),
            Reward.FromFunction("odd", s => s.Generation == 0 ? null : 1, columns: "B"),
        ]);
        CollectionAssert.AreEqual(new[] { "A", "B" }, scorer.Columns.ToArray());
        var table = await scorer.ScoreAsync(Batch, 2, default);
        CollectionAssert.AreEqual(new[] { "row", "odd" }, table.Names.ToArray());
        CollectionAssert.AreEqual(new[] { 0.5, 1 }, table.Weights.ToArray());
        Assert.AreEqual(4, table.Rows);
        CollectionAssert.AreEqual(new double?[,] { { 10, null }, { 10, 1 }, { 11, null }, { 11, 1 } }, table.Scores);
    }

    [TestMethod]
    public async Task Rewards_that_wait_wait_together()
    {
        var first = new TaskCompletionSource();
        var second = new TaskCompletionSource();
        var scorer = new RewardScorer([Meet("a", first, second), Meet("b", second, first)]);
        Assert.AreEqual(1, (await scorer.ScoreAsync(Batch, 2, default)).Scores[3, 1]);

        static Reward Meet(string name, TaskCompletionSource mine, TaskCompletionSource other) => Reward.FromBatchFunction(name, async (batch, ct) =>
        {
            mine.SetResult();
            await other.Task.WaitAsync(TimeSpan.FromSeconds(30), ct);
            return [.. batch.Select(_ => (double?)1)];
        });
    }

    [TestMethod]
    public async Task A_reward_that_throws_is_named_with_row_and_generation()
    {
        var error = await Fails(Reward.FromFunction("judge", s => s is { Row: 11, Generation: 1 } ? throw new FormatException("no digits") : 1));
        Assert.AreEqual(("judge", 11L, 1), (error.RewardName, error.Row, error.Generation));
        Assert.IsInstanceOfType<FormatException>(error.InnerException);
        Assert.AreEqual(
            "The reward 'judge' threw FormatException at row 11, generation 1 (both counted from 0): no digits. Return null for completions that this reward cannot judge, and a finite number for all others.",
            error.Message);
    }

    [TestMethod]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public async Task A_score_that_is_not_finite_is_named_with_row_and_generation(double score)
    {
        var error = await Fails(Reward.FromFunction("judge", s => s is { Row: 10, Generation: 1 } ? score : 1));
        Assert.AreEqual(("judge", 10L, 1), (error.RewardName, error.Row, error.Generation));
        StringAssert.Contains(error.Message, "row 10, generation 1");
    }

    [TestMethod]
    public async Task A_wrong_count_names_both_numbers_and_the_rows()
    {
        var error = await Fails(Reward.FromBatchFunction("judge", _ => [1, 2, 3]));
        StringAssert.Contains(error.Message, "'judge' returned 3 scores for 4 completions of rows 10 to 11 (counted from 0)");
    }

    [TestMethod]
    public async Task A_wrong_count_in_one_group_names_its_row()
    {
        // One too few and one too many: the batch's count would be right.
        var error = await Fails(Reward.FromGroupFunction("judge", g => g[0].Row == 10 ? [1] : [1, 2, 3]));
        StringAssert.Contains(error.Message, "returned 1 scores for 2 completions of row 10 (counted from 0)");
    }

    [TestMethod]
    public async Task No_list_at_all_is_refused() =>
        StringAssert.Contains((await Fails(Reward.FromBatchFunction("judge", _ => null!))).Message, "returned null instead of a list");

    [TestMethod]
    public async Task A_failure_stops_the_rewards_that_still_wait()
    {
        var stopped = false;
        var waiting = Reward.FromBatchFunction("slow", async (batch, ct) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, ct);
            }
            finally
            {
                stopped = true;
            }

            return [];
        });
        var failing = Reward.FromFunction("judge", (Func<RewardSample, double?>)(_ => throw new InvalidOperationException("x")));
        var error = await Assert.ThrowsExactlyAsync<RewardException>(async () => await new RewardScorer([waiting, failing]).ScoreAsync(Batch, 2, default));
        Assert.AreEqual("judge", error.RewardName);
        Assert.IsTrue(stopped);
    }

    [TestMethod]
    public async Task Cancellation_is_not_an_error_of_the_reward()
    {
        using var source = new CancellationTokenSource();
        var reward = Reward.FromFunction("slow", async (_, ct) =>
        {
            await source.CancelAsync();
            await Task.Delay(Timeout.Infinite, ct);
            return 1;
        });
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await new RewardScorer([reward]).ScoreAsync(Batch, 2, source.Token));
    }

    [TestMethod]
    public async Task A_rewards_own_time_out_is_its_error()
    {
        var error = await Fails(Reward.FromFunction("judge", (_, _) => ValueTask.FromException<double?>(new TaskCanceledException("timed out"))));
        StringAssert.Contains(error.Message, "timed out");
    }

    [TestMethod]
    public void No_rewards_and_two_of_one_name_are_refused()
    {
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new RewardScorer([])).Message, "at least one");
        var twice = Assert.ThrowsExactly<ArgumentException>(() => new RewardScorer([Reward.Format("a"), Reward.Format("b")]));
        StringAssert.Contains(twice.Message, "2 rewards are named 'format'");
    }

    [TestMethod]
    public async Task Completions_that_are_not_whole_groups_are_refused() =>
        await Assert.ThrowsExactlyAsync<ArgumentException>(async () => await new RewardScorer([Reward.Format("a")]).ScoreAsync(Batch, 3, default));

    private static async Task<RewardException> Fails(Reward reward) =>
        await Assert.ThrowsExactlyAsync<RewardException>(async () => await new RewardScorer([reward]).ScoreAsync(Batch, 2, default));
}
