using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>How rows are packed into micro-batches is a matter of memory alone.</summary>
[TestClass]
public class MicroBatchInvarianceTests
{
    private static readonly Dictionary<string, Action<GrpoOptions>> Runs = new()
    {
        ["dapo"] = _ => { },
        ["grpo"] = o => o.Loss.Type = LossType.Grpo,
        ["dapo, cut completions masked"] = o => (o.Loss.MaskTruncatedCompletions, o.MaxCompletionTokens) = (true, 5),
        ["grpo, cut completions masked"] = o => (o.Loss.Type, o.Loss.MaskTruncatedCompletions, o.MaxCompletionTokens) = (LossType.Grpo, true, 5),
        ["dapo, 2 steps a rollout"] = o => (o.StepsPerRollout, o.Steps) = (2, 4),
        ["grpo, 4 steps a rollout, KL"] = o => (o.Loss.Type, o.StepsPerRollout, o.Steps, o.Loss.Beta) = (LossType.Grpo, 4, 5, 0.1),
        ["dapo, 2 rollouts a step"] = o => o.RolloutsPerStep = 2,
        ["grpo, 2 rollouts a step, masked"] = o => (o.Loss.Type, o.RolloutsPerStep, o.Loss.MaskTruncatedCompletions) = (LossType.Grpo, 2, true),
        ["dapo, 2 iterations, KL"] = o => (o.IterationsPerRollout, o.Steps, o.Loss.Beta) = (2, 4, 0.05),
        ["dapo, updates that straddle rollouts"] = o => o.AdvancedSchedule = new(3, 2, 1),
        ["grpo, a rollout twice in an update"] = o => (o.Loss.Type, o.AdvancedSchedule) = (LossType.Grpo, new(4, 2, 2)),
        ["dapo, short last windows of epochs"] = o => (o.Epochs, o.AdvancedSchedule) = (2, new(3, 2, 1)),
        ["vespo, bounds that leave out the ratio of padding"] = o =>
            (o.Loss.Type, o.ImportanceSampling.Mode, o.ImportanceSampling.MinRatio, o.ImportanceSampling.MaxRatio, o.AdvancedSchedule) = (LossType.Vespo, CorrectionMode.TokenTruncate, 0.1, 0.97, new(4, 2, 2)),
        ["dapo, temperature and top-k"] = o => (o.Sampling.Temperature, o.Sampling.TopK) = (0.7, 50),
    };

    public static IEnumerable<object[]> Names => Runs.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Weights_do_not_depend_on_the_token_budget(string name)
    {
        using var start = new TinyRun();
        var whole = Weights(name, 100_000, ScalarType.Float64);
        Assert.IsTrue(TinyPolicy.Distance(start.Weights, whole) > 1e-4, "The run should change the weights.");
        foreach (var budget in new[] { 1, 61 })
        {
            var distance = TinyPolicy.Distance(whole, Weights(name, budget, ScalarType.Float64));
            Assert.IsTrue(distance <= 1e-10, $"{name}, budget {budget}: {distance}");
        }

        var single = TinyPolicy.Distance(Weights(name, 100_000, ScalarType.Float32), Weights(name, 61, ScalarType.Float32));
        Assert.IsTrue(single <= 1e-6, $"{name}, float32: {single}");
    }

    [TestMethod]
    public void Every_row_is_in_one_micro_batch_and_none_is_over_its_budget_unless_alone()
    {
        int[] lengths = [3, 9, 1, 30, 9, 4, 4, 12];
        TokenSequence[] rows = [.. lengths.Select((length, i) => new TokenSequence([.. Enumerable.Range(0, length)], [i]))];
        foreach (var budget in Enumerable.Range(1, 80))
        {
            var batches = MicroBatches.Split(Enumerable.Range(0, lengths.Length), i => rows[i], budget, PromptSharing.Always).ToArray();
            CollectionAssert.AreEquivalent(Enumerable.Range(0, lengths.Length).ToArray(), batches.SelectMany(b => b.Rows).ToArray());
            foreach (var batch in batches)
            {
                Assert.AreEqual(batch.Rows.Sum(i => lengths[i]), batch.Tokens);
                Assert.IsTrue(batch.Rows.Count == 1 || batch.Tokens <= budget, $"budget {budget}");
            }
        }

        Assert.AreEqual(1, MicroBatches.Split(Enumerable.Range(0, lengths.Length), i => rows[i], lengths.Sum(), PromptSharing.Auto).Count());
    }

    [TestMethod]
    public void Rows_of_a_prompt_stay_together_and_it_counts_once()
    {
        int[][] prompts = [[1, 2, 3, 4], [1, 2, 3, 4]]; // alike is not the same
        TokenSequence[] rows = [.. Enumerable.Range(0, 8).Select(i => new TokenSequence(prompts[i % 2], [.. Enumerable.Range(0, 1 + (i / 2))]))];
        MicroBatch[] Split(int budget, PromptSharing sharing) => [.. MicroBatches.Split(Enumerable.Range(0, 8), i => i == 1 ? null : rows[i], budget, sharing)];

        // Fed tokens of the completions: 0 1 2 3 for the first prompt, (0 not run) 1 2 3 for the second.
        Assert.AreEqual((4 + 6) + (4 + 6), Split(100, PromptSharing.Always).Single().Tokens);
        Assert.AreEqual((16 + 6) + (12 + 6), Split(100, PromptSharing.Never).Single().Tokens);
        Assert.AreEqual((4 + 6) + (4 + 6), Split(100, PromptSharing.Auto).Single().Tokens); // 22 : 10 and 18 : 10
        var cut = Split(10, PromptSharing.Always);
        CollectionAssert.AreEqual(new long[] { 10, 10 }, cut.Where(b => b.Tokens > 0).Select(b => b.Tokens).ToArray());
        Assert.IsTrue(cut.Where(b => b.Tokens > 0).All(b => b.Rows.Where(i => i != 1).Select(i => i % 2).Distinct().Count() == 1));

        // A group beyond the budget is cut, and its prompt counts once a part.
        CollectionAssert.AreEquivalent(new long[] { 7, 7, 7, 7 }, Split(7, PromptSharing.Always).Where(b => b.Tokens > 0).Select(b => b.Tokens).ToArray());
    }

    [TestMethod]
    public void A_group_that_fits_the_budget_is_not_cut()
    {
        int[][] prompts = [[.. Enumerable.Range(0, 10)], [.. Enumerable.Range(0, 12)]];
        TokenSequence[] rows = [.. Enumerable.Range(0, 8).Select(i => new TokenSequence(prompts[i % 2], new int[3]))]; // 18 and 20 tokens
        for (var budget = 20; budget < 38; budget++)
        {
            var batches = MicroBatches.Split(Enumerable.Range(0, 8), i => rows[i], budget, PromptSharing.Auto).ToArray();
            CollectionAssert.AreEqual(new long[] { 20, 18 }, batches.Select(b => b.Tokens).ToArray(), $"budget {budget}");
        }
    }

    [TestMethod]
    public void Many_short_completions_of_a_long_prompt_are_cut_since_each_has_a_copy_of_its_keys_and_values()
    {
        var prompt = new int[100];
        TokenSequence[] rows = [.. Enumerable.Range(0, 64).Select(_ => new TokenSequence(prompt, new int[2]))];
        var batches = MicroBatches.Split(Enumerable.Range(0, 64), i => rows[i], 200, PromptSharing.Auto).ToArray();
        Assert.IsTrue(batches[..^1].All(b => b.Rows.Count == MicroBatches.MostAttended * 200 / 101));
        Assert.IsTrue(batches.All(b => b.Tokens == 100 + b.Rows.Count));
    }

    [TestMethod]
    public void No_mixture_of_rows_is_over_the_budget_and_tokens_are_what_goes_through()
    {
        var random = new Random(5);
        for (var trial = 0; trial < 300; trial++)
        {
            int[][] prompts = [.. Enumerable.Range(0, 4).Select(_ => new int[random.Next(1, 30)])];
            TokenSequence?[] rows = [.. Enumerable.Range(0, random.Next(1, 24)).Select(_ => random.Next(6) == 0 ? (TokenSequence?)null : new(prompts[random.Next(4)], new int[random.Next(1, 25)]))];
            var budget = random.Next(10, 150);
            foreach (var sharing in Enum.GetValues<PromptSharing>())
            {
                var batches = MicroBatches.Split(Enumerable.Range(0, rows.Length), i => rows[i], budget, sharing).ToArray();
                CollectionAssert.AreEquivalent(Enumerable.Range(0, rows.Length).ToArray(), batches.SelectMany(b => b.Rows).ToArray());
                foreach (var batch in batches)
                {
                    TokenSequence[] run = [.. batch.Rows.Select(i => rows[i]).OfType<TokenSequence>()];
                    Assert.AreEqual(run.Length == 0 ? 0 : new PackedRows(run, sharing).Ids.Count, batch.Tokens);
                    Assert.IsTrue(run.Length <= 1 || batch.Tokens <= budget, $"{batch.Tokens} tokens, budget {budget}, {sharing}");
                }
            }
        }
    }

    [TestMethod]
    public void A_prompt_is_shared_only_where_that_saves_enough()
    {
        int[] prompt = [1, 2, 3];
        TokenSequence Row(int tokens) => new(prompt, new int[tokens]);
        Assert.AreEqual(3 + 3 + 3, SharedPrompts.Tokens([Row(4), Row(4)], PromptSharing.Auto)); // 12 : 9 = 1.33
        Assert.AreEqual(6 + 8, SharedPrompts.Tokens([Row(5), Row(5)], PromptSharing.Auto));      // 14 : 11 = 1.27
        Assert.AreEqual(3 + 8, SharedPrompts.Tokens([Row(5), Row(5)], PromptSharing.Always));
        Assert.AreEqual(6 + 6, SharedPrompts.Tokens([Row(4), Row(4) with { Further = "other" }], PromptSharing.Always));
        Assert.AreEqual(6, SharedPrompts.Tokens([Row(4)], PromptSharing.Always));
    }

    private static double[] Weights(string name, int budget, ScalarType dtype) => TinyRun.WeightsAfter(
        o =>
        {
            Runs[name](o);
            o.Execution.MicroBatchTokens = budget;
        },
        dtype);
}
