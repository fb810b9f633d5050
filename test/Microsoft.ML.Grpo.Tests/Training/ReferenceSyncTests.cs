using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The reference policy follows the trained one by its formula, when it should and never otherwise.</summary>
[TestClass]
public class ReferenceSyncTests
{
    [TestMethod]
    [DataRow(2, 0.3)]
    [DataRow(2, null)]
    [DataRow(1, 0.6)]
    [DataRow(null, null)]
    public void The_divergence_is_that_from_a_reference_made_by_hand(int? every, double? mix)
    {
        using var run = new Watched(every, mix);
        var steps = run.Train();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var reference = run.Snapshots[0].CloneFrozen();
        for (var step = 1; step <= steps.Count; step++)
        {
            var (kl, tokens) = (0.0, 0);
            foreach (var (prompt, completion) in run.Rollouts[step - 1])
            {
                var differences = LogProbs(reference, prompt, completion).Zip(LogProbs(run.Snapshots[step - 1], prompt, completion), (r, lp) => r - lp).ToArray();
                kl += differences.Sum(d => Math.Exp(d) - d - 1);
                tokens += differences.Length;
            }

            Near.AreEqual(kl / tokens, steps[step - 1]["kl"], 1e-11, $"step {step}");
            Assert.AreEqual(step == 1, steps[step - 1]["kl"] <= 1e-9, $"Each divergence but the first should be large enough to be compared: {string.Join(' ', steps.Select(s => s["kl"]))}");
            if (every is { } n && step % n == 0)
            {
                foreach (var (name, weights) in reference.Parameters)
                {
                    var share = mix ?? 0.6;
                    weights.copy_((weights * Scalars.Of(1 - share)).Plus(run.Snapshots[step].Parameters[name] * Scalars.Of(share)));
                }
            }
        }
    }

    [TestMethod]
    public void Right_after_a_sync_that_takes_all_of_the_policy_the_divergence_is_zero()
    {
        using var run = new Watched(2, 1);
        var kl = run.Train().Select(s => s["kl"]).ToArray();
        foreach (var step in new[] { 1, 3, 5 })
        {
            Assert.AreEqual(0, kl[step - 1], 1e-14, $"step {step}");
        }

        Assert.IsTrue(kl[1] > 1e-9 && kl[3] > 1e-9, "A step after that it should not be.");
    }

    [TestMethod]
    public void A_mix_moves_every_weight_of_the_reference_and_none_of_the_policy()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var policy = TinyPolicy.Create();
        using var reference = new ReferencePolicy(policy.Network);
        var before = TinyPolicy.Weights(policy);
        double[] Weights() => reference.Run(network => network.Parameters.Values.SelectMany(Near.Doubles).ToArray());
        foreach (var weights in policy.Network.Parameters.Values)
        {
            weights.mul_(Scalars.Of(3));
        }

        var moved = TinyPolicy.Weights(policy);
        CollectionAssert.AreEqual(before, Weights());
        reference.Sync(0.25);
        Near.AreEqual([.. before.Zip(moved, (r, p) => (0.75 * r) + (0.25 * p))], Weights(), 1e-15, "reference");
        CollectionAssert.AreEqual(moved, TinyPolicy.Weights(policy));
    }

    private static double[] LogProbs(CausalLM network, RolloutPrompt prompt, Completion completion) =>
        Near.Doubles(SequenceScorer.Score(network, [new(prompt.Ids, completion.Ids)], new PassSettings(1, int.MaxValue), new(), WorkPurpose.Score).LogProbs);

    /// <summary>Five steps, a rollout each, with the policy before each step and what was sampled for it.</summary>
    private sealed class Watched : IDisposable
    {
        private readonly TinyRun _run;

        public Watched(int? every, double? mix)
        {
            var policy = TinyPolicy.Create();
            Snapshots.Add(policy.Network.CloneFrozen());
            _run = new(
                o => (o.GroupSize, o.PromptsPerRollout, o.Steps, o.Loss.Beta, o.Reference.SyncEverySteps, o.Reference.SyncMix) = (3, 4, 5, 0.1, every, mix),
                policy: policy)
            {
                Engine = new Recording(new InProcessEngine(policy.Network, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode), Rollouts),
                Seams = new() { Updated = (_, _) => Snapshots.Add(policy.Network.CloneFrozen()) },
            };
        }

        public List<CausalLM> Snapshots { get; } = [];

        public List<(RolloutPrompt Prompt, Completion Completion)[]> Rollouts { get; } = [];

        public IReadOnlyList<IReadOnlyDictionary<string, double>> Train() => _run.Train().Steps;

        public void Dispose()
        {
            _run.Dispose();
            Snapshots.ForEach(s => s.Dispose());
        }
    }

    private sealed class Recording(IRolloutEngine engine, List<(RolloutPrompt Prompt, Completion Completion)[]> rollouts) : IRolloutEngine
    {
        public async ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken)
        {
            var groups = await engine.SampleAsync(request, cancellationToken);
            rollouts.Add([.. groups.SelectMany(g => g.Completions.Select(c => (g.Prompt, c)))]);
            return groups;
        }
    }
}
