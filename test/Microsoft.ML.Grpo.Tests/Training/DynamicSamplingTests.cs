namespace Microsoft.ML.Grpo.Tests;

/// <summary>Ten prompts in the data's order, three a rollout (so nine an epoch), two completions each; the rewards of chosen rows differ.</summary>
[TestClass]
public class DynamicSamplingTests
{
    [TestMethod]
    public void Further_prompts_are_sampled_until_enough_groups_differ_and_those_are_kept()
    {
        using var policy = TinyPolicy.Create();
        var (sampling, log) = Sampling(least: 2, rounds: 3);
        var rollout = Run(sampling, Stage(policy, Differing(4, 6, 7)));

        // Rows 0 1 2 teach nothing, of 3 4 5 one does, of 6 7 8 two.
        CollectionAssert.AreEqual(new long[] { 4, 4, 6, 6, 7, 7 }, RowsOf(rollout));
        CollectionAssert.AreEqual(new[] { 4, 4, 6, 6, 7, 7 }, PlacesOf(rollout));
        CollectionAssert.AreEqual(new[] { 0, 1, 0, 1, 0, 1 }, rollout.Rows.Select(r => r.Completion.Ids[1] - 60).ToArray());
        AssertMetrics(rollout, rounds: 2, dropped: 6, informative: 3);
        Assert.AreEqual(9, sampling.Taken);
        Assert.AreEqual(0, log.Warnings.Count);
    }

    [TestMethod]
    public void When_the_last_round_leaves_too_few_the_rollout_is_filled_with_others_and_the_log_tells_once()
    {
        using var policy = TinyPolicy.Create();
        var (sampling, log) = Sampling(least: 2, rounds: 1);
        var stage = Stage(policy, Differing(5));
        var first = Run(sampling, stage);
        CollectionAssert.AreEqual(new long[] { 5, 5, 0, 0, 1, 1 }, RowsOf(first));
        AssertMetrics(first, rounds: 1, dropped: 3, informative: 1);

        var second = Run(sampling, stage); // rows 6 7 8, then 0 1 2 of the next epoch; places start anew
        CollectionAssert.AreEqual(new long[] { 6, 6, 7, 7, 8, 8 }, RowsOf(second));
        CollectionAssert.AreEqual(new[] { 0, 0, 1, 1, 2, 2 }, PlacesOf(second));
        AssertMetrics(second, rounds: 1, dropped: 3, informative: 0);
        Assert.AreEqual(12, sampling.Taken);
        StringAssert.StartsWith(
            log.Warnings.Single(),
            "MinInformativeGroups is 2, but only 1 groups of a rollout have rewards that differ, and further prompts were sampled as often as MaxResampleRounds = 1 allows:");
    }

    [TestMethod]
    public void A_rollout_that_has_enough_at_once_is_left_as_it_is()
    {
        using var policy = TinyPolicy.Create();
        var (sampling, log) = Sampling(least: 1, rounds: 3);
        var rollout = Run(sampling, Stage(policy, Differing(2)));
        CollectionAssert.AreEqual(new long[] { 0, 0, 1, 1, 2, 2 }, RowsOf(rollout));
        AssertMetrics(rollout, rounds: 0, dropped: 0, informative: 1);
        Assert.AreEqual(0, log.Warnings.Count);
    }

    [TestMethod]
    public void Of_more_informative_groups_than_a_rollout_holds_the_first_are_kept()
    {
        using var policy = TinyPolicy.Create();
        var (sampling, _) = Sampling(least: 3, rounds: 3);
        var rollout = Run(sampling, Stage(policy, Differing(1, 2, 3, 4)));
        CollectionAssert.AreEqual(new long[] { 1, 1, 2, 2, 3, 3 }, RowsOf(rollout));
        AssertMetrics(rollout, rounds: 1, dropped: 3, informative: 3);
    }

    [TestMethod]
    public void Advantages_and_metrics_are_those_of_the_kept_groups_alone()
    {
        using var policy = TinyPolicy.Create();
        var (sampling, _) = Sampling(least: 2, rounds: 3);
        var stage = Stage(policy, s => s.Row is 4 or 6 ? s.Generation * s.Row : 5, ScaleRewards.Batch);
        var rollout = Run(sampling, stage);
        CollectionAssert.AreEqual(new long[] { 4, 4, 6, 6, 0, 0 }, RowsOf(rollout));

        // Mean 20 / 6; sum of squares 16 + 36 + 25 + 25 = 102; variance (102 - 6 (20 / 6)^2) / 5 = 106 / 15.
        var divisor = Math.Sqrt(106.0 / 15) + 1e-4;
        Near.AreEqual([-2 / divisor, 2 / divisor, -3 / divisor, 3 / divisor, 0, 0], rollout.Advantages.Advantages, 1e-12, "advantages");
        var metrics = new RolloutMetrics().Measure(rollout);
        Assert.AreEqual(20.0 / 6, metrics["reward"], 1e-12);
        Assert.AreEqual(2, metrics["dynamic_sampling/informative"]);
        Assert.AreEqual(6, metrics["dynamic_sampling/dropped"]);
    }

    [TestMethod]
    public void Epochs_count_prompts_and_not_rollouts()
    {
        using var policy = TinyPolicy.Create();
        var (sampling, _) = Sampling(least: 1, rounds: 3);
        var stage = Stage(policy, Differing(4));
        Assert.AreEqual(0, sampling.Epoch(0));
        Run(sampling, stage); // 6 of the 9 prompts of an epoch
        Near.AreEqual([0, 1.0 / 3, 2.0 / 3], [sampling.Epoch(0), sampling.Epoch(0.5), sampling.Epoch(1)], 1e-15, "first");
        Run(sampling, stage); // 6 7 8, 0 1 2, 3 4 5: 9 more
        Near.AreEqual([2.0 / 3, 5.0 / 3], [sampling.Epoch(0), sampling.Epoch(1)], 1e-15, "second");
    }

    [TestMethod]
    public void A_run_whose_rollouts_need_no_further_prompts_is_the_run_without_to_the_bit()
    {
        using var plain = new TinyRun();
        using var dynamic = new TinyRun(o => o.MinInformativeGroups = 1);
        var (expected, actual) = (plain.Train().Steps, dynamic.Train().Steps);
        CollectionAssert.AreEqual(plain.Weights, dynamic.Weights);
        for (var step = 0; step < expected.Count; step++)
        {
            Assert.AreEqual(0, actual[step]["dynamic_sampling/rounds"]);
            Assert.IsFalse(expected[step].ContainsKey("dynamic_sampling/rounds"));
            Assert.AreEqual(expected[step]["epoch"], actual[step]["epoch"], 1e-12);
            Assert.AreEqual(expected[step]["reward"], actual[step]["reward"]);
        }
    }

    [TestMethod]
    public void A_prompt_that_is_met_again_gets_other_completions_and_the_first_do_not_depend_on_what_comes_later()
    {
        List<string> Sampled(int rounds)
        {
            var samples = new List<string>();
            using var run = new TinyRun(o =>
            {
                o.Rewards.Add(Reward.FromBatchFunction("same", batch =>
                {
                    samples.AddRange(batch.Select(s => $"{s.Row}: {string.Join(' ', s.CompletionIds)}"));
                    return [.. batch.Select(_ => (double?)1)];
                }));
                (o.Steps, o.PromptsPerRollout, o.MinInformativeGroups, o.MaxResampleRounds) = (1, 2, 2, rounds);
            })
            { Rows = TinyRun.Prompts(2) };
            run.Train();
            return samples;
        }

        var (two, three) = (Sampled(2), Sampled(3));
        Assert.AreEqual(3 * 2 * 4, two.Count);
        Assert.AreEqual(4 * 2 * 4, three.Count);
        CollectionAssert.AreEqual(two, three[..two.Count]);
        var rounds = three.Chunk(2 * 4).Select(round => string.Join('|', round.Order(StringComparer.Ordinal))).ToArray();
        Assert.AreEqual(4, rounds.Distinct().Count(), string.Join('\n', rounds));
    }

    [TestMethod]
    public void A_step_that_samples_nothing_tells_of_its_rollout_too_and_of_its_share_of_the_prompts()
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("same", _ => 1));
            (o.Steps, o.StepsPerRollout, o.PromptsPerRollout, o.MinInformativeGroups) = (4, 2, 2, 2);
        })
        { Rows = TinyRun.Prompts(4) };
        var steps = run.Train().Steps;

        // 4 rounds of 2 prompts each: 8 of the data's 4, twice, in two steps each time.
        Near.AreEqual([1, 2, 3, 4], steps.Select(s => s["epoch"]).ToArray(), 1e-12, "epoch");
        foreach (var step in steps)
        {
            Assert.AreEqual(3, step["dynamic_sampling/rounds"]);
            Assert.AreEqual(6, step["dynamic_sampling/dropped"]);
            Assert.AreEqual(0, step["dynamic_sampling/informative"]);
        }

        Assert.AreEqual(1, run.Log.Warnings.Count(w => w.StartsWith("MinInformativeGroups is 2, but only 0 groups", StringComparison.Ordinal)));
    }

    private static (DynamicSampling Sampling, LogLines Log) Sampling(int least, int rounds)
    {
        var log = new LogLines();
        var prompts = TinyRun.Prompts(10).Select(p => new PreparedPrompt(p, [1])).ToArray();
        return (new(least, rounds, new(prompts, 3, random: null), RewardAggregation.SumThenNormalize, log), log);
    }

    /// <summary>A stage whose completions are 50 + place, 60 + generation.</summary>
    private static RolloutStage Stage(Policy policy, Func<RewardSample, double?> reward, ScaleRewards scale = ScaleRewards.Group) => new(
        new ScriptedEngine((_, place, g) => ([50 + place, 60 + g], FinishReason.Stop)),
        policy.Tokenizer,
        new RewardScorer([Reward.FromFunction("scripted", reward)]),
        new LossOptions { ScaleRewards = scale },
        new(1));

    private static Func<RewardSample, double?> Differing(params long[] rows) => s => rows.Contains(s.Row) ? s.Generation : 1;

    private static ScoredRollout Run(DynamicSampling sampling, RolloutStage stage) => sampling.Run(
        (prompts, firstPlace) => stage.Run(
            prompts, 2, new() { MaxTokens = 2, StopIds = new HashSet<int>() }, DrawPurpose.Training, 0, scoring: null, default, firstPlace),
        stage.Weigh);

    private static long[] RowsOf(ScoredRollout rollout) => [.. rollout.Rows.Select(r => r.Prompt.Row.Row)];

    private static int[] PlacesOf(ScoredRollout rollout) => [.. rollout.Rows.Select(r => r.Completion.Ids[0] - 50)];

    private static void AssertMetrics(ScoredRollout rollout, int rounds, int dropped, int informative) => CollectionAssert.AreEquivalent(
        new Dictionary<string, double> { ["dynamic_sampling/rounds"] = rounds, ["dynamic_sampling/dropped"] = dropped, ["dynamic_sampling/informative"] = informative },
        rollout.SamplingMetrics.ToDictionary());
}
