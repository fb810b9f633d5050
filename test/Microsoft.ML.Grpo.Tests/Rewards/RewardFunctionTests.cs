namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RewardFunctionTests
{
    [TestMethod]
    public async Task Each_way_to_write_a_function_scores_in_order()
    {
        var batch = Samples.Groups(groups: 2, groupSize: 3);
        static double? Last(RewardSample s) => s.Generation;
        Reward[] rewards =
        [
            Reward.FromFunction("sync", s => s.Generation),
            Reward.FromFunction("async", async (s, ct) =>
            {
                await Task.Yield();
                ct.ThrowIfCancellationRequested();
                return s.Generation;
            }),
            Reward.FromBatchFunction("batch", b => [.. b.Select(Last)]),
            Reward.FromBatchFunction("batch async", async (b, _) =>
            {
                await Task.Yield();
                return [.. b.Select(Last)];
            }),
            Reward.FromGroupFunction("group", g => [.. g.Select(Last)]),
            Reward.FromGroupFunction("group async", async (g, _) =>
            {
                await Task.Yield();
                return [.. g.Select(Last)];
            }),
        ];
        foreach (var reward in rewards)
        {
            CollectionAssert.AreEqual(new double?[] { 0, 1, 2, 0, 1, 2 }, (await reward.ScoreAsync(batch, default)).ToArray(), reward.Name);
        }
    }

    [TestMethod]
    public async Task Functions_of_other_result_types_compile_and_score()
    {
        var batch = Samples.Groups(groups: 1, groupSize: 3);
        static async Task<double> JudgeAsync(RewardSample s, CancellationToken ct)
        {
            await Task.Delay(0, ct);
            return s.Generation == 1 ? 1 : 0;
        }

        static async Task<double?> MaybeAsync(RewardSample s, CancellationToken ct)
        {
            await Task.Delay(0, ct);
            return s.Generation == 1 ? 1 : 0;
        }

        Reward[] rewards =
        [
            Reward.FromFunction("bool", s => s.Generation == 1),
            Reward.FromFunction("bool with columns", s => s.Generation == 1, 0.5, "Answer"),
            Reward.FromFunction("task", (s, ct) => Task.FromResult(s.Generation == 1 ? 1.0 : 0)),
            Reward.FromFunction("task of null", (s, ct) => Task.FromResult<double?>(s.Generation == 1 ? 1 : 0)),
            Reward.FromFunction("method", JudgeAsync),
            Reward.FromFunction("method of null", MaybeAsync),
            Reward.FromFunction("async call", async (s, ct) => await JudgeAsync(s, ct)),
            Reward.FromFunction("async", async (s, ct) =>
            {
                await Task.Yield();
                return s.Generation == 1 ? 1 : 0;
            }),
        ];
        foreach (var reward in rewards)
        {
            CollectionAssert.AreEqual(new double?[] { 0, 1, 0 }, (await reward.ScoreAsync(batch, default)).ToArray(), reward.Name);
        }
    }

    [TestMethod]
    public async Task A_lambda_that_fits_several_overloads_means_the_one_with_null()
    {
        // That these compile is the point.
        var sample = Samples.Groups(1, 1);
        Assert.IsNull((await Reward.FromFunction("null", _ => null).ScoreAsync(sample, default))[0]);
        Assert.IsNull((await Reward.FromFunction("null async", async (_, _) =>
        {
            await Task.Yield();
            return null;
        }).ScoreAsync(sample, default))[0]);
        foreach (var throws in new[] { Reward.FromFunction("sync", _ => throw new FormatException("x")), Reward.FromFunction("async", (_, _) => throw new FormatException("x")) })
        {
            await Assert.ThrowsExactlyAsync<RewardException>(async () => await throws.ScoreAsync(sample, default));
        }
    }

    [TestMethod]
    public async Task A_group_function_sees_one_group_at_a_time_even_of_the_same_row_twice()
    {
        RewardSample[] batch = [.. Samples.Groups(1, 2, firstRow: 4), .. Samples.Groups(1, 2, firstRow: 4), .. Samples.Groups(1, 3, firstRow: 9)];
        var seen = new List<string>();
        var reward = Reward.FromGroupFunction("best", group =>
        {
            seen.Add(string.Join(',', group.Select(s => s.Completion)));
            return [.. group.Select(_ => (double?)group.Count)];
        });
        CollectionAssert.AreEqual(new double?[] { 2, 2, 2, 2, 3, 3, 3 }, (await reward.ScoreAsync(batch, default)).ToArray());
        CollectionAssert.AreEqual(new[] { "r4g0,r4g1", "r4g0,r4g1", "r9g0,r9g1,r9g2" }, seen);
    }

    [TestMethod]
    public async Task Async_functions_wait_together()
    {
        // None returns before all have been called: one at a time, this would never end.
        var all = new TaskCompletionSource();
        var called = 0;
        var reward = Reward.FromFunction("judge", async (s, ct) =>
        {
            if (Interlocked.Increment(ref called) == 6)
            {
                all.SetResult();
            }

            await all.Task.WaitAsync(TimeSpan.FromSeconds(30), ct);
            return 1;
        });
        Assert.HasCount(6, await reward.ScoreAsync(Samples.Groups(2, 3), default));
    }

    [TestMethod]
    public void Name_weight_and_columns_are_checked_at_once()
    {
        Assert.ThrowsExactly<ArgumentException>(() => Reward.FromFunction(" ", _ => 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Reward.FromFunction("x", _ => 1, double.NaN));
        Assert.ThrowsExactly<ArgumentException>(() => Reward.FromFunction("x", _ => 1, 1, "A", ""));
        Assert.ThrowsExactly<ArgumentNullException>(() => Reward.FromFunction("x", (Func<RewardSample, double?>)null!));
        var reward = Reward.FromFunction("x", _ => 1, columns: ["A", "B"]);
        CollectionAssert.AreEqual(new[] { "A", "B" }, reward.Columns.ToArray());
        Assert.AreEqual(1, reward.Weight);
    }
}
