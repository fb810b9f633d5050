using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>However completions go through the model, what is learned is the same: by either head, with the prompt once or repeated, with blocks kept or run again.</summary>
[TestClass]
public class PassEquivalenceTests
{
    private const double Bound = 1e-9; // float64, after three updates

    /// <summary>A run for each cell of the forward plan.</summary>
    private static readonly Dictionary<string, Action<GrpoOptions>> Plans = new()
    {
        ["aligned"] = _ => { },
        ["aligned, inline"] = o => (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (CorrectionMode.TokenTruncate, CorrectionRoute.Inline),
        ["aligned, precompute"] = o => (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (CorrectionMode.TokenTruncate, CorrectionRoute.Precompute),
        ["misaligned"] = o => o.AdvancedSchedule = new(3, 2, 1),
        ["misaligned, corrected"] = o => (o.AdvancedSchedule, o.ImportanceSampling.Mode) = (new(3, 2, 1), CorrectionMode.TokenTruncate),
        ["with a reference"] = o => (o.Loss.Beta, o.ImportanceSampling.Mode) = (0.1, CorrectionMode.SequenceMask),
    };

    public static IEnumerable<object[]> Cases =>
        from plan in Plans.Keys
        from adapted in new[] { false, true }
        from head in Enum.GetValues<LogProbHead>()
        from sharing in new[] { PromptSharing.Never, PromptSharing.Always }
        from checkpointing in new[] { false, true }
        where (head, sharing, checkpointing) != (LogProbHead.Full, PromptSharing.Never, false)
        select new object[] { plan, adapted, head, sharing, checkpointing };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Every_way_learns_the_same(string plan, bool adapted, LogProbHead head, PromptSharing sharing, bool checkpointing)
    {
        var expected = Train(plan, adapted, new() { LogProbHead = LogProbHead.Full, PromptSharing = PromptSharing.Never });
        var actual = Train(plan, adapted, new() { LogProbHead = head, PromptSharing = sharing, ActivationCheckpointing = checkpointing });
        Near.AreEqual(expected.Weights, actual.Weights, Bound, "weights");
        foreach (var (step, metrics) in expected.Steps.Index())
        {
            foreach (var name in metrics.Keys.Where(name => name != "step_time" && !name.StartsWith("time/", StringComparison.Ordinal) && !name.StartsWith("tokens/", StringComparison.Ordinal)))
            {
                Near.AreEqual(metrics[name], actual.Steps[step][name], Bound, $"step {step + 1}, {name}");
            }
        }

        Assert.AreEqual(checkpointing ? actual.Work.Tokens(WorkPurpose.Loss) : 0, actual.Work.Tokens(WorkPurpose.Recompute));
        Assert.AreEqual(sharing == PromptSharing.Always, actual.Work.Tokens(WorkPurpose.Loss) < expected.Work.Tokens(WorkPurpose.Loss));
    }

    [TestMethod]
    [DataRow(false, false, PromptSharing.Never)]
    [DataRow(true, false, PromptSharing.Never)]
    [DataRow(true, true, PromptSharing.Never)]
    [DataRow(false, false, PromptSharing.Always)]
    [DataRow(true, false, PromptSharing.Always)]
    public void Checkpointing_gives_the_same_gradients_to_the_bit(bool adapted, bool dropout, PromptSharing sharing)
    {
        byte[][] Gradients(bool checkpointing)
        {
            using var scope = NewDisposeScope();
            using var model = RandomModel.Create(RandomModel.Config with { QkNorm = true, QkvBias = true }, ScalarType.Float32);
            if (adapted)
            {
                RandomAdapter.AttachTo(model, RandomAdapter.Settings with { Dropout = dropout ? 0.3 : 0 });
            }

            model.RequireGradients(true);
            var key = dropout ? new DropoutKey(1, 2, 3, WorkPurpose.Loss, [0, 1, 2]) : null;
            int[] prompt = [1, 2, 3];
            TokenSequence[] rows = [new(prompt, [4, 5, 6]), new([7, 8], [9]), new(prompt, [11, 12, 13, 14])];
            var (lp, _) = SequenceScorer.Score(model, rows, new PassSettings(0.8, 100) { Checkpointing = checkpointing, Sharing = sharing }, new(), WorkPurpose.Loss, key);
            (lp * lp).sum().backward();
            return [.. model.Trained.Values.Select(p => p.grad!.bytes.ToArray())];
        }

        foreach (var (expected, actual) in Gradients(false).Zip(Gradients(true)))
        {
            CollectionAssert.AreEqual(expected, actual);
        }
    }

    [TestMethod]
    public void Checkpointing_leaves_blocks_alone_that_learn_nothing()
    {
        using var scope = NewDisposeScope();
        var recomputation = new Recomputation(new(), 1);
        var (frozen, trained) = (ones(2), ones(2).requires_grad_(true));
        Assert.IsFalse(recomputation.Run(x => x * frozen, ones(2), isTrained: false).requires_grad);
        Assert.IsTrue(recomputation.Run(x => x * trained, ones(2), isTrained: true).requires_grad);
        Assert.IsTrue(recomputation.Run(x => x * frozen, trained, isTrained: false).requires_grad);
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        RandomAdapter.AttachTo(model, targets: ["layers.1.self_attn.q_proj"]);
        model.RequireGradients(true);
        Assert.AreEqual("model.layers.1.self_attn.q_proj", model.LinearLayers.Single(layer => layer.Value.IsTrained).Key);
    }

    [TestMethod]
    public void What_a_backward_pass_throws_comes_out_where_it_was_started()
    {
        using var scope = NewDisposeScope();
        using var backward = new BackwardPass();
        var recomputation = new Recomputation(new(), 1);
        var runs = 0;
        Tensor Block(Tensor x) => ++runs <= 2 ? x * x : throw new InvalidOperationException("the third run");
        var start = ones(2).requires_grad_(true);
        var result = recomputation.Run(Block, recomputation.Run(Block, start, isTrained: false), isTrained: false);
        Assert.AreEqual("the third run", Assert.ThrowsExactly<InvalidOperationException>(() => backward.Run(result.sum())).Message);
        Assert.AreEqual(3, runs, "after a failure nothing is run");
        Assert.IsNull(start.grad);
    }

    [TestMethod]
    public void A_backward_pass_leaves_no_tensor_even_on_a_thread_without_a_scope()
    {
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        model.RequireGradients(true);
        long Once(bool checkpointing)
        {
            using var scope = NewDisposeScope();
            using var backward = new BackwardPass();
            var loss = SequenceScorer.Score(model, [new([1, 2, 3], [4, 5, 6])], new PassSettings(1, 100) { Checkpointing = checkpointing }, new(), WorkPurpose.Loss).LogProbs.sum();
            var left = 0L;
            var thread = new Thread(() =>
            {
                var statistics = DisposeScopeManager.Statistics.TensorStatistics;
                var before = statistics.ThreadTotalLiveCount;
                backward.Run(loss);
                backward.Dispose();
                left = statistics.ThreadTotalLiveCount - before;
            });
            thread.Start();
            thread.Join();
            return left;
        }

        Assert.AreEqual(0, Once(false));
        Assert.AreEqual(0, Once(true));
    }

    [TestMethod]
    public void Only_tokens_that_are_asked_about_reach_the_head()
    {
        using var scope = NewDisposeScope();
        using var model = RandomModel.Create();
        int[] ids = [4, 5, 6, 7];
        var whole = Near.Doubles(SequenceScorer.Score(model, [new([1, 2, 3], ids)], new PassSettings(1, int.MaxValue), new(), WorkPurpose.Loss).LogProbs);
        var some = Near.Doubles(SequenceScorer.Score(model, [new([1, 2, 3], ids, ModelTokens: [true, false, false, true]), new([1], [2])], new PassSettings(1, int.MaxValue), new(), WorkPurpose.Loss).LogProbs);
        Near.AreEqual([whole[0], 0, 0, whole[3]], [.. some.Take(4)], 1e-12, "log-probs");
        Assert.AreNotEqual(0, whole[1]);
    }

    [TestMethod]
    [DataRow(40, LogProbHead.Tiled)]
    [DataRow(-1, LogProbHead.Tiled)]
    [DataRow(40, LogProbHead.Full)]
    public void An_id_that_the_model_does_not_know_is_refused(int id, LogProbHead head)
    {
        using var model = RandomModel.Create();
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => SequenceScorer.Score(model, [new([1, 2, 3], [4, id])], new PassSettings(1, 100) { Head = head }, new(), WorkPurpose.Loss));
        StringAssert.Contains(error.Message, $"A completion has the token id {id}, but the model's ids go from 0 to 39.");
    }

    [TestMethod]
    public void Checkpointing_leaves_no_tensor()
    {
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        model.RequireGradients(true);
        void Once()
        {
            using var scope = NewDisposeScope();
            SequenceScorer.Score(model, [new([1, 2, 3], [4, 5, 6])], new PassSettings(1, 100) { Checkpointing = true }, new(), WorkPurpose.Loss).LogProbs.sum().backward();
        }

        Once();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 20; i++)
        {
            Once();
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    [DataRow(1, 2, 1)]
    [DataRow(2, 1, 1)]
    [DataRow(1, 1, 2)]
    public void Rows_without_an_advantage_change_nothing_whatever_the_schedule(int accumulation, int slices, int iterations)
    {
        foreach (var type in Enum.GetValues<LossType>())
        {
            Compare(type.ToString(), o => o.Loss.Type = type);
        }

        Compare("the sum of normalised rewards", o => o.Loss.RewardAggregation = RewardAggregation.NormalizeThenSum);
        Compare("vespo, bounds that leave out the ratio of padding", o => (o.Loss.Type, o.ImportanceSampling.Mode, o.ImportanceSampling.Route, o.ImportanceSampling.MinRatio, o.ImportanceSampling.MaxRatio) =
            (LossType.Vespo, CorrectionMode.TokenTruncate, accumulation % (slices * iterations) == 0 ? CorrectionRoute.Precompute : CorrectionRoute.Auto, 0.5, 0.97));

        void Compare(string name, Action<GrpoOptions> change)
        {
            var schedule = new AdvancedSchedule(accumulation, slices, iterations);
            var run = Skipping(true, schedule, change, out var skipped);
            var whole = Skipping(false, schedule, change, out var none);
            Assert.AreEqual(0, none, name);
            Assert.IsGreaterThan(0, skipped, name);
            Near.AreEqual(whole.Weights, run.Weights, Bound, name);
            foreach (var (step, metrics) in whole.Steps.Index())
            {
                foreach (var metric in new[] { "loss", "grad_norm", "reward", "learning_rate", "completions/mean_length" })
                {
                    Near.AreEqual(metrics[metric], run.Steps[step][metric], Bound, $"{name}, step {step + 1}, {metric}");
                }
            }

            Assert.IsLessThan(whole.Work.Tokens(WorkPurpose.Loss), run.Work.Tokens(WorkPurpose.Loss));
        }
    }

    [TestMethod]
    [DataRow(CorrectionMode.TokenTruncate)]
    [DataRow(CorrectionMode.SequenceMask)]
    public void Where_the_IS_ratio_is_measured_in_the_loss_pass_even_groups_go_forward_alone_and_no_number_changes(CorrectionMode mode)
    {
        void Change(GrpoOptions o) => (o.ImportanceSampling.Mode, o.Execution.ActivationCheckpointing, o.Execution.MicroBatchTokens) = (mode, true, null);
        var run = Skipping(true, new(1, 1, 1), Change, out var skipped);
        var whole = Skipping(false, new(1, 1, 1), Change, out _);
        Assert.AreEqual(0, skipped);
        Near.AreEqual(whole.Weights, run.Weights, Bound, "weights");
        foreach (var (step, metrics) in whole.Steps.Index())
        {
            foreach (var name in metrics.Keys.Where(name => name != "step_time" && !name.StartsWith("time/", StringComparison.Ordinal)))
            {
                Near.AreEqual(metrics[name], run.Steps[step][name], Bound, $"step {step + 1}, {name}");
            }
        }

        Assert.AreEqual(whole.Work.Tokens(WorkPurpose.Loss), run.Work.Tokens(WorkPurpose.Loss));
        Assert.AreEqual(whole.Work.Tokens(WorkPurpose.Loss), whole.Work.Tokens(WorkPurpose.Recompute)); // blocks that are run again are those that go back
        Assert.IsTrue(run.Work.Tokens(WorkPurpose.Recompute) is > 0 and var back && back < whole.Work.Tokens(WorkPurpose.Recompute));
    }

    [TestMethod]
    public void A_step_whose_rows_are_all_skipped_still_moves_the_weights_by_what_was_learned_before()
    {
        using var run = new TinyRun(o =>
        {
            var call = 0;
            o.Rewards.Add(Reward.FromBatchFunction("first", batch => call++ == 0 ? [.. batch.Select(s => (double?)(s.CompletionIds[0] % 3))] : [.. batch.Select(_ => (double?)1.0)]));
            o.Steps = 2;
        });
        var summary = run.Train();
        Assert.AreEqual(16, summary.Steps[1]["rows/skipped"]);
        Assert.AreEqual(0, summary.Steps[1]["loss"]);
        Assert.AreEqual(0, summary.Steps[1]["grad_norm"]);
        Assert.IsGreaterThan(0, summary.Steps[1]["update_ratio"]); // by the moments of the step before
        CollectionAssert.AreEquivalent(summary.Steps[0].Keys.ToArray(), summary.Steps[1].Keys.ToArray());
        foreach (var name in new[] { "entropy", "clip_ratio/region_mean", "sampling/kl" })
        {
            Assert.IsTrue(double.IsFinite(summary.Steps[0][name]) && double.IsNaN(summary.Steps[1][name]), name);
        }

        Assert.IsEmpty(run.Log.Warnings.Where(w => w.Contains("learned nothing", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void What_needs_such_rows_has_them_run_and_the_log_says_why()
    {
        void Expect(string words, Action<GrpoOptions> change)
        {
            using var run = new TinyRun(o =>
            {
                o.Rewards.Add(Reward.FromFunction("even", s => s.Row % 2 == 0 ? 1 : s.CompletionIds[0] % 3));
                o.Steps = 1;
                change(o);
            });
            var summary = run.Train();
            Assert.AreEqual(words.Contains("do not go", StringComparison.Ordinal), summary.Steps[0]["rows/skipped"] > 0, words);
            Assert.IsTrue(run.Log.All.Any(line => (line.StartsWith("Completions whose advantage is 0", StringComparison.Ordinal) || line.StartsWith("Groups whose advantages are all 0", StringComparison.Ordinal)) && line.Contains(words, StringComparison.Ordinal)), string.Join('\n', run.Log.All));
        }

        Expect("do not go through the loss pass", _ => { });
        Expect("do not go through the loss pass", o => (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (CorrectionMode.TokenTruncate, CorrectionRoute.Precompute));
        Expect("SkipZeroAdvantageRows is false", o => o.Execution.SkipZeroAdvantageRows = false);
        Expect("the KL term", o => o.Loss.Beta = 0.1);
        Expect("the entropy bonus", o => o.Loss.Entropy.Coefficient = 0.01);
        Expect("the custom loss", o => o.Loss.Custom = PolicyLoss.Custom("square", terms => terms.Lp * terms.Lp));
        Expect("the quantile of entropies", o => o.Loss.TopEntropyQuantile = 0.5);
        Expect("the statistics of the IS ratio", o => o.ImportanceSampling.Mode = CorrectionMode.TokenTruncate);
    }

    [TestMethod]
    public void A_completion_beyond_the_budget_goes_alone_and_the_log_says_so_once()
    {
        using var run = new TinyRun(o => (o.Execution.MicroBatchTokens, o.Steps) = (9, 2));
        run.Train();
        Assert.AreEqual(1, run.Log.All.Count(line => line.Contains("more than the 9 of Execution.MicroBatchTokens", StringComparison.Ordinal)));
    }

    private static (double[] Weights, IReadOnlyList<IReadOnlyDictionary<string, double>> Steps, WorkCounters Work) Train(string plan, bool adapted, ExecutionOptions execution)
    {
        var policy = TinyPolicy.Create();
        if (adapted)
        {
            RandomAdapter.AttachTo(policy.Network);
        }

        using var run = new TinyRun(
            o =>
            {
                (o.Execution.LogProbHead, o.Execution.PromptSharing, o.Execution.ActivationCheckpointing) = (execution.LogProbHead, execution.PromptSharing, execution.ActivationCheckpointing);
                Plans[plan](o);
            },
            policy: policy);
        var summary = run.Train();
        return ([.. policy.Network.Trained.Values.SelectMany(Near.Doubles)], summary.Steps, run.Work);
    }

    private static (double[] Weights, IReadOnlyList<IReadOnlyDictionary<string, double>> Steps, WorkCounters Work) Skipping(bool skip, AdvancedSchedule schedule, Action<GrpoOptions> change, out double skipped)
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("even", s => s.Row % 2 == 0 ? 0.1 : s.CompletionIds[0] % 3));
            (o.AdvancedSchedule, o.Execution.SkipZeroAdvantageRows, o.Execution.MicroBatchTokens) = (schedule, skip, 61);
            change(o);
        });
        var summary = run.Train();
        skipped = summary.Steps.Sum(s => s["rows/skipped"]);
        return (run.Weights, summary.Steps, run.Work);
    }
}
