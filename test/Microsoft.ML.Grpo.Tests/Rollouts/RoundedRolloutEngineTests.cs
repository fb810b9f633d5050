using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RoundedRolloutEngineTests
{
    private const double Temperature = 0.8;

    [TestMethod]
    [DataRow(RoundedWeights.EightBit, true)]
    [DataRow(RoundedWeights.EightBit, false)]
    [DataRow(RoundedWeights.BFloat16, true)]
    [DataRow(RoundedWeights.BFloat16, false)]
    public void Log_probs_are_those_of_the_rounded_weights_and_not_the_policys(RoundedWeights how, bool tied)
    {
        using var policy = TinyPolicy.Create(tied: tied);
        using var rounded = RoundedByHand(policy, how);
        using var sampler = new RoundedRolloutEngine(how).Start(policy, new());
        var groups = Sample(sampler, Request());
        Assert.IsTrue(MeanDifference(rounded, groups) <= 1e-12, $"{MeanDifference(rounded, groups)} from the rounded weights");
        Assert.IsTrue(MeanDifference(policy.Network, groups) >= 1e-3, $"{MeanDifference(policy.Network, groups)} from the policy's");
    }

    [TestMethod]
    [DataRow(RoundedWeights.EightBit)]
    [DataRow(RoundedWeights.BFloat16)]
    public void Where_rounding_changes_nothing_all_is_as_in_process_to_the_bit(RoundedWeights how)
    {
        using var policy = TinyPolicy.Create();
        using (var rounded = RoundedByHand(policy, how))
        {
            Set(policy, name => rounded.Parameters[name]);
        }

        var (work, workInProcess) = (new WorkCounters(), new WorkCounters());
        using var sampler = new RoundedRolloutEngine(how).Start(policy, work);
        var inProcess = new InProcessEngine(policy.Network, workInProcess, WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode);
        foreach (var request in new[] { Request(), Request() with { Rollout = 1 }, Request() with { Random = new(4) } })
        {
            Assert.AreEqual(Text(inProcess.Sample(request, default)), Text(Sample(sampler, request)));
        }

        foreach (var purpose in Enum.GetValues<WorkPurpose>())
        {
            Assert.AreEqual(workInProcess.Tokens(purpose), work.Tokens(purpose), $"{purpose}");
            Assert.AreEqual(workInProcess.Passes(purpose), work.Passes(purpose), $"{purpose}");
        }

        Assert.IsTrue(work.Tokens(WorkPurpose.RolloutDecode) > 0);
    }

    [TestMethod]
    public void New_weights_are_sampled_from_once_they_are_told_of_and_not_before()
    {
        using var policy = TinyPolicy.Create();
        using var sampler = new RoundedRolloutEngine().Start(policy, new());
        var first = Text(Sample(sampler, Request()));
        Set(policy, name => policy.Network.Parameters[name] * Scalars.Of(1.5));
        Assert.AreEqual(first, Text(Sample(sampler, Request())), "Nobody has said that the weights have changed.");

        sampler.WeightsChanged();
        sampler.WeightsChanged();
        var second = Sample(sampler, Request());
        Assert.AreNotEqual(first, Text(second));
        using var rounded = RoundedByHand(policy, RoundedWeights.EightBit);
        Assert.IsTrue(MeanDifference(rounded, second) <= 1e-12);
    }

    [TestMethod]
    public void The_policy_itself_is_not_touched()
    {
        using var policy = TinyPolicy.Create();
        policy.Network.RequireGradients(true);
        var before = TinyPolicy.Weights(policy);
        using (var sampler = new RoundedRolloutEngine().Start(policy, new()))
        {
            Sample(sampler, Request());
        }

        CollectionAssert.AreEqual(before, TinyPolicy.Weights(policy));
        Assert.IsTrue(policy.Network.Parameters.Values.All(p => p.requires_grad && p.grad is null));
    }

    [TestMethod]
    [DoNotParallelize]
    public void There_is_never_more_than_one_copy_and_none_after_the_end()
    {
        using var policy = TinyPolicy.Create();
        var before = Live;
        using (var sampler = new RoundedRolloutEngine().Start(policy, new()))
        {
            Sample(sampler, Request());
            var one = Live;
            Assert.IsTrue(one >= before + policy.Network.Parameters.Count, "Where is the copy?");
            for (var update = 0; update < 5; update++)
            {
                sampler.WeightsChanged();
                Assert.AreEqual(before, Live, "What is out of date only takes memory.");
                Sample(sampler, Request());
                Sample(sampler, Request());
                Assert.AreEqual(one, Live);
            }

            using var stopped = new CancellationTokenSource();
            stopped.Cancel();
            Assert.Throws<OperationCanceledException>(() => Sample(sampler, Request(), stopped.Token));
            Assert.AreEqual(one, Live);
        }

        Assert.AreEqual(before, Live);
    }

    [TestMethod]
    public void A_sampler_that_is_disposed_samples_no_more()
    {
        using var policy = TinyPolicy.Create();
        var sampler = new RoundedRolloutEngine().Start(policy, new());
        sampler.Dispose();
        sampler.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => Sample(sampler, Request()));
    }

    [TestMethod]
    public void A_rounding_that_is_none_is_refused_with_those_there_are()
    {
        Assert.AreEqual(RoundedWeights.EightBit, new RoundedRolloutEngine().Weights);
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RoundedRolloutEngine((RoundedWeights)7));
        StringAssert.StartsWith(error.Message, "weights is 7, which is no RoundedWeights: use EightBit or BFloat16.");
    }

    private static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    /// <summary>The policy's network with the weights that an engine of such numbers would hold.</summary>
    private static CausalLM RoundedByHand(Policy policy, RoundedWeights how)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return new(policy.Network.Config, policy.Network.Parameters.ToDictionary(
            p => p.Key,
            p => how == RoundedWeights.BFloat16 || p.Key.EndsWith("_proj.weight", StringComparison.Ordinal) ? WeightRounding.Round(p.Value, how) : p.Value.detach().clone()));
    }

    private static void Set(Policy policy, Func<string, Tensor> weights)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (name, parameter) in policy.Network.Parameters)
        {
            parameter.copy_(weights(name));
        }
    }

    private static RolloutRequest Request() => new(
        [.. Enumerable.Range(0, 6).Select(place => new RolloutPrompt(place, [.. Enumerable.Range(0, 1 + (place * 5)).Select(t => 50 + (place * 7) + t)]))],
        4,
        new() { Temperature = Temperature, MaxTokens = 20, StopIds = TinyPolicy.StopIds.ToHashSet() },
        new(3),
        DrawPurpose.Training,
        0);

    private static IReadOnlyList<PromptGroup> Sample(IRolloutEngine engine, RolloutRequest request, CancellationToken cancellationToken = default) =>
        engine.SampleAsync(request, cancellationToken).AsTask().GetAwaiter().GetResult();

    /// <summary>Ids and log-probs, the latter to the bit.</summary>
    private static string Text(IEnumerable<PromptGroup> groups) => string.Join(
        '\n', groups.SelectMany(g => g.Completions.Select(c => $"{g.Prompt.Place}: {string.Join(' ', c.Ids)} {string.Join(' ', c.LogProbs!.Select(BitConverter.DoubleToInt64Bits))} {c.FinishReason}")));

    /// <summary>Mean distance, a token, of the completions' log-probs from a network's.</summary>
    private static double MeanDifference(CausalLM network, IReadOnlyList<PromptGroup> groups)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var completions = groups.SelectMany(g => g.Completions.Select(c => (g.Prompt, Completion: c))).ToArray();
        var (logProbs, _) = SequenceScorer.Score(network, [.. completions.Select(c => new TokenSequence(c.Prompt.Ids, c.Completion.Ids))], new PassSettings(Temperature, int.MaxValue), new(), WorkPurpose.Score);
        return completions.SelectMany((c, row) => Near.Doubles(logProbs[row]).Zip(c.Completion.LogProbs!, (lp, smp) => Math.Abs(lp - smp))).Average();
    }
}
