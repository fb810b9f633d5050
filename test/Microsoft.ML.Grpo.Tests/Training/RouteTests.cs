namespace Microsoft.ML.Grpo.Tests;

/// <summary>The loss pass's own log-probs do what those of a scoring pass would have done: same losses, gradients, metrics and weights.</summary>
[TestClass]
public class RouteTests
{
    private static readonly CorrectionMode[] Modes = [CorrectionMode.TokenTruncate, CorrectionMode.TokenMask, CorrectionMode.SequenceTruncate, CorrectionMode.SequenceMask];

    public static IEnumerable<object[]> Cells =>
        from type in Enum.GetValues<LossType>()
        from level in Enum.GetValues<RatioLevel>()
        from mode in Modes
        where type != LossType.Vespo || mode is CorrectionMode.TokenTruncate or CorrectionMode.TokenMask
        select new object[] { type, level, mode };

    [TestMethod]
    [DynamicData(nameof(Cells))]
    public void Inline_and_precompute_are_one_run(LossType type, RatioLevel level, CorrectionMode mode)
    {
        var (inline, inlineWeights, inlineScored) = Train(CorrectionRoute.Inline, Set);
        var (precomputed, weights, scored) = Train(CorrectionRoute.Precompute, Set);
        Assert.AreEqual(0, inlineScored);
        Assert.IsGreaterThan(0, scored);
        Near.AreEqual(weights, inlineWeights, 1e-9, "weights");
        for (var step = 0; step < precomputed.Count; step++)
        {
            CollectionAssert.AreEquivalent(precomputed[step].Keys.ToArray(), inline[step].Keys.ToArray());
            foreach (var (name, value) in precomputed[step].Where(m => m.Key != "step_time"))
            {
                Near.AreEqual(value, inline[step][name], 1e-9, $"step {step + 1}, {name}");
            }
        }

        void Set(GrpoOptions o)
        {
            (o.Loss.Type, o.Loss.RatioLevel, o.ImportanceSampling.Mode) = (type, level, mode);
            (o.ImportanceSampling.MinRatio, o.ImportanceSampling.MaxRatio) = (0.85, 1.15);
            o.AdvancedSchedule = new(4, 2, 2);
            o.Steps = 2;
        }
    }

    [TestMethod]
    public void They_are_one_run_with_everything_at_once_and_missing_log_probs()
    {
        var (_, inline, _) = Train(CorrectionRoute.Inline, Set, missingEvery: 3);
        var (_, precomputed, _) = Train(CorrectionRoute.Precompute, Set, missingEvery: 3);
        Near.AreEqual(precomputed, inline, 1e-9, "weights");

        static void Set(GrpoOptions o)
        {
            o.ImportanceSampling.Mode = CorrectionMode.TokenTruncate;
            (o.Loss.Beta, o.Loss.TopEntropyQuantile, o.Loss.OffPolicyMaskThreshold, o.Loss.Entropy.Coefficient, o.Loss.MaskTruncatedCompletions) = (0.1, 0.6, 0.01, 0.02, true);
            o.AdvancedSchedule = new(6, 3, 2);
            (o.GroupSize, o.PromptsPerRollout, o.Execution.MicroBatchTokens) = (3, 4, 61);
        }
    }

    [TestMethod]
    public void A_ratio_that_is_a_tenth_larger_changes_the_loss()
    {
        // The sampler says of every token that it was less likely by log 1.1: each ratio is 1.1 times what it was.
        var (steps, _, _) = Train(CorrectionRoute.Inline, Set, noise: 0);
        var (larger, _, _) = Train(CorrectionRoute.Inline, Set, noise: 0, shift: -Math.Log(1.1));
        Near.AreEqual(1, steps[0]["sampling/importance_sampling_ratio/mean"], 1e-9, "ratio");
        Near.AreEqual(1.1, larger[0]["sampling/importance_sampling_ratio/mean"], 1e-9, "ratio");
        Assert.IsGreaterThan(1e-3, Math.Abs(steps[0]["loss"]));
        Near.AreEqual(1.1 * steps[0]["loss"], larger[0]["loss"], 1e-9, "loss");

        static void Set(GrpoOptions o) => (o.ImportanceSampling.Mode, o.ImportanceSampling.MaxRatio, o.Steps) = (CorrectionMode.TokenTruncate, 2, 1);
    }

    [TestMethod]
    [DataRow(CorrectionMode.TokenTruncate)]
    [DataRow(CorrectionMode.TokenMask)]
    [DataRow(CorrectionMode.SequenceTruncate)]
    [DataRow(CorrectionMode.SequenceMask)]
    public void Three_slices_walked_twice_are_never_scored_and_measured_once(CorrectionMode mode)
    {
        using var walk = new SliceWalk(o =>
        {
            o.ImportanceSampling.Mode = mode;
            (o.ImportanceSampling.MinRatio, o.ImportanceSampling.MaxRatio) = (0.9, 1.1);
            (o.GroupSize, o.PromptsPerRollout, o.AdvancedSchedule, o.Execution.MicroBatchTokens) = (3, 4, new(6, 3, 2), 100_000);
        });
        walk.Update();

        Assert.AreEqual(0, walk.Work.Passes(WorkPurpose.Score));
        Assert.AreEqual(6, walk.Work.Passes(WorkPurpose.Loss));
        string[] names = ["sampling/sampling_logp_difference/mean", "sampling/sampling_logp_difference/max", "sampling/importance_sampling_ratio/min", "sampling/importance_sampling_ratio/mean", "sampling/importance_sampling_ratio/max"];
        foreach (var name in names)
        {
            // Before each of the six slices, and before the update.
            CollectionAssert.AreEqual(new[] { 0, 0, 0, 1, 1, 1, 1 }, walk.CountsBeforeSlices(name), name);
        }

        var whole = walk.WholeBatchStatistics();
        foreach (var name in names)
        {
            Near.AreEqual(whole[name], walk.Metrics[name], 1e-12, name);
        }
    }

    private static (IReadOnlyList<IReadOnlyDictionary<string, double>> Steps, double[] Weights, long ScoreTokens) Train(
        CorrectionRoute route, Action<GrpoOptions> set, int? missingEvery = null, double noise = 0.2, double shift = 0)
    {
        var policy = TinyPolicy.Create();
        using var run = new TinyRun(
            o =>
            {
                o.Execution.SkipZeroAdvantageRows = false; // only one of the routes could
                set(o);
                o.ImportanceSampling.Route = route;
            },
            policy: policy)
        { Engine = new NoisyEngine(policy, noise, missingEvery, shift) };
        var steps = run.Train().Steps;
        return (steps, run.Weights, run.Work.Tokens(WorkPurpose.Score));
    }
}
