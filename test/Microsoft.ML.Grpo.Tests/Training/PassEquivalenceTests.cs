using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>However completions go through the model, what is learned is the same: by either head, with the prompt once or repeated, with blocks kept or run again.</summary>
[TestClass]
public class PassEquivalenceTests
{
    private const double Bound = 1e-9; // float64, after three updates

    public static IEnumerable<object[]> Cases =>
        from correction in new CorrectionRoute?[] { null, CorrectionRoute.Inline, CorrectionRoute.Precompute }
        from adapted in new[] { false, true }
        from head in Enum.GetValues<LogProbHead>()
        from sharing in new[] { PromptSharing.Never, PromptSharing.Always }
        from checkpointing in new[] { false, true }
        where (head, sharing, checkpointing) != (LogProbHead.Full, PromptSharing.Never, false)
        select new object[] { correction?.ToString() ?? "off", adapted, head, sharing, checkpointing };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Every_way_learns_the_same(string correction, bool adapted, LogProbHead head, PromptSharing sharing, bool checkpointing)
    {
        var expected = Train(correction, adapted, new() { LogProbHead = LogProbHead.Full, PromptSharing = PromptSharing.Never });
        var actual = Train(correction, adapted, new() { LogProbHead = head, PromptSharing = sharing, ActivationCheckpointing = checkpointing });
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
    [DataRow(false, false)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public void Checkpointing_gives_the_same_gradients_to_the_bit(bool adapted, bool dropout)
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
            var (lp, _) = SequenceScorer.Score(
                model, [new([1, 2, 3], [4, 5, 6]), new([7, 8], [9]), new([10], [11, 12, 13, 14])], new PassSettings(0.8, 100) { Checkpointing = checkpointing }, new(), WorkPurpose.Loss, key);
            (lp * lp).sum().backward();
            return [.. model.Trained.Values.Select(p => p.grad!.bytes.ToArray())];
        }

        foreach (var (expected, actual) in Gradients(false).Zip(Gradients(true)))
        {
            CollectionAssert.AreEqual(expected, actual);
        }
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
        var types = Enum.GetValues<LossType>();
        foreach (var type in types)
        {
            var run = Skipping(true, type, new(accumulation, slices, iterations), out var skipped);
            var whole = Skipping(false, type, new(accumulation, slices, iterations), out var none);
            Assert.AreEqual(0, none, type.ToString());
            Assert.IsGreaterThan(0, skipped, type.ToString());
            Near.AreEqual(whole.Weights, run.Weights, Bound, type.ToString());
            foreach (var (step, metrics) in whole.Steps.Index())
            {
                foreach (var name in new[] { "loss", "grad_norm", "reward", "learning_rate", "completions/mean_length" })
                {
                    Near.AreEqual(metrics[name], run.Steps[step][name], Bound, $"{type}, step {step + 1}, {name}");
                }
            }

            Assert.IsLessThan(whole.Work.Tokens(WorkPurpose.Loss), run.Work.Tokens(WorkPurpose.Loss));
        }
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
        Assert.IsFalse(summary.Steps[1].ContainsKey("entropy"));
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
            Assert.IsTrue(run.Log.All.Any(line => line.StartsWith("Completions whose advantage is 0", StringComparison.Ordinal) && line.Contains(words, StringComparison.Ordinal)), string.Join('\n', run.Log.All));
        }

        Expect("do not go through the loss pass", _ => { });
        Expect("do not go through the loss pass", o => (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (CorrectionMode.TokenTruncate, CorrectionRoute.Precompute));
        Expect("SkipZeroAdvantageRows is false", o => o.Execution.SkipZeroAdvantageRows = false);
        Expect("the KL term", o => o.Loss.Beta = 0.1);
        Expect("the entropy bonus", o => o.Loss.Entropy.Coefficient = 0.01);
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

    private static (double[] Weights, IReadOnlyList<IReadOnlyDictionary<string, double>> Steps, WorkCounters Work) Train(string correction, bool adapted, ExecutionOptions execution)
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
                if (correction != "off")
                {
                    (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (CorrectionMode.TokenTruncate, Enum.Parse<CorrectionRoute>(correction));
                }
            },
            policy: policy);
        var summary = run.Train();
        return ([.. policy.Network.Trained.Values.SelectMany(Near.Doubles)], summary.Steps, run.Work);
    }

    private static (double[] Weights, IReadOnlyList<IReadOnlyDictionary<string, double>> Steps, WorkCounters Work) Skipping(bool skip, LossType type, AdvancedSchedule schedule, out double skipped)
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("even", s => s.Row % 2 == 0 ? 0.1 : s.CompletionIds[0] % 3));
            (o.Loss.Type, o.AdvancedSchedule, o.Execution.SkipZeroAdvantageRows, o.Execution.MicroBatchTokens) = (type, schedule, skip, 61);
        });
        var summary = run.Train();
        skipped = summary.Steps.Sum(s => s["rows/skipped"]);
        return (run.Weights, summary.Steps, run.Work);
    }
}
