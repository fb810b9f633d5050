namespace Microsoft.ML.Grpo.Tests;

/// <summary>A sampler that says no log-probs, of some completions or of all.</summary>
[TestClass]
public class SilentSamplerTests
{
    [TestMethod]
    public void Without_any_log_prob_the_off_policy_mask_looks_at_the_old_ones()
    {
        // In process the sampler's log-probs are the old ones, so saying nothing must change nothing but the metrics of the mismatch.
        var (told, steps) = Train(Masking, c => c);
        var (silent, silentSteps) = Train(Masking, c => c with { LogProbs = null });
        Near.AreEqual(told, silent, 1e-9, "weights");
        Assert.IsTrue(steps.All(step => step.ContainsKey("sampling/kl")));
        Assert.IsFalse(silentSteps.Any(step => step.Keys.Any(name => name.StartsWith("sampling/", StringComparison.Ordinal))), "Nothing is known of a mismatch.");

        var (unmasked, _) = Train(
            o =>
            {
                Masking(o);
                o.Loss.OffPolicyMaskThreshold = null;
            },
            c => c with { LogProbs = null });
        Assert.IsGreaterThan(1e-6, silent.Zip(unmasked, (a, b) => Math.Abs(a - b)).Max(), "The mask should drop something.");
    }

    [TestMethod]
    public void A_completion_without_log_probs_among_others_is_one_whose_tokens_are_all_unknown()
    {
        static bool IsOdd(Completion c) => c.Ids[0] % 2 == 1;
        var (none, steps) = Train(Corrected, c => IsOdd(c) ? c with { LogProbs = null } : c);
        var (unknown, unknownSteps) = Train(Corrected, c => IsOdd(c) ? c with { LogProbs = [.. c.Ids.Select(_ => double.NaN)] } : c);
        CollectionAssert.AreEqual(unknown, none);
        CollectionAssert.AreEqual(Mismatch(unknownSteps), Mismatch(steps));
        Assert.IsGreaterThan(0, Mismatch(steps).Length);

        static void Corrected(GrpoOptions o)
        {
            Masking(o);
            o.ImportanceSampling.Mode = CorrectionMode.TokenTruncate;
        }

        static KeyValuePair<string, double>[] Mismatch(IReadOnlyList<IReadOnlyDictionary<string, double>> steps) =>
            [.. steps.SelectMany(step => step.Where(metric => metric.Key.StartsWith("sampling/", StringComparison.Ordinal)))];
    }

    [TestMethod]
    [DataRow(CorrectionRoute.Inline)]
    [DataRow(CorrectionRoute.Precompute)]
    public void A_sampler_that_is_to_be_corrected_for_must_say_something(CorrectionRoute route)
    {
        var error = Assert.ThrowsExactly<TrainingException>(() => Train(
            o => (o.ImportanceSampling.Mode, o.ImportanceSampling.Route) = (CorrectionMode.TokenMask, route), c => c with { LogProbs = null }));
        Assert.AreEqual(
            "Rollout 0: ImportanceSampling.Mode is TokenMask, but the sampler gave no log-prob of any completion. Use an engine that gives them, or set ImportanceSampling.Mode = Off.",
            error.Message);
    }

    private static void Masking(GrpoOptions o)
    {
        (o.Steps, o.StepsPerRollout, o.IterationsPerRollout) = (8, 2, 2);
        (o.Loss.OffPolicyMaskThreshold, o.Optimizer.LearningRate) = (1e-3, 1e-2);
    }

    private static (double[] Weights, IReadOnlyList<IReadOnlyDictionary<string, double>> Steps) Train(Action<GrpoOptions> set, Func<Completion, Completion> change)
    {
        var policy = TinyPolicy.Create();
        using var run = new TinyRun(set, policy: policy) { Engine = new ChangedEngine(policy, change) };
        var steps = run.Train().Steps;
        return (run.Weights, steps);
    }

    /// <summary>Samples in process and changes what is said of it.</summary>
    private sealed class ChangedEngine(Policy policy, Func<Completion, Completion> change) : IRolloutEngine
    {
        private readonly InProcessEngine _engine = new(policy.Network, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);

        public async ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken)
        {
            var groups = await _engine.SampleAsync(request, cancellationToken);
            return [.. groups.Select(group => new PromptGroup(group.Prompt, [.. group.Completions.Select(change)]))];
        }
    }
}
