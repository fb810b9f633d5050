namespace Microsoft.ML.Grpo.Tests;

/// <summary>Whole runs whose sampler really differs from the trainer: the toy of the samples, sampled from weights of eight bits.</summary>
[TestClass]
public class RoundedSamplerRunTests
{
    private const int Steps = 4;

    [TestMethod]
    [DataRow(CorrectionMode.TokenTruncate)]
    [DataRow(CorrectionMode.SequenceMask)]
    public void Both_routes_give_the_same_losses_and_weights_and_only_one_scores(CorrectionMode mode)
    {
        var inline = Train(mode, CorrectionRoute.Inline);
        var precomputed = Train(mode, CorrectionRoute.Precompute);
        Near.AreEqual([.. precomputed.Steps.Select(s => s["loss"])], inline.Steps.Select(s => s["loss"]).ToArray(), 1e-9, "losses");
        Near.AreEqual([.. precomputed.Steps.Select(s => s["grad_norm"])], inline.Steps.Select(s => s["grad_norm"]).ToArray(), 1e-9, "gradient norms");
        Near.AreEqual(precomputed.Weights, inline.Weights, 1e-9, "weights");

        Assert.AreEqual(0, inline.Work.Tokens(WorkPurpose.Score));
        Assert.AreEqual(inline.LossTokens, inline.Work.Tokens(WorkPurpose.Loss));
        Assert.AreEqual(precomputed.LossTokens, precomputed.Work.Tokens(WorkPurpose.Score));
        Assert.AreEqual(precomputed.LossTokens, precomputed.Work.Tokens(WorkPurpose.Loss));
        Assert.IsTrue(inline.Steps.All(s => s["sampling/sampling_logp_difference/mean"] >= 1e-3), "The sampler differs.");
    }

    [TestMethod]
    public void The_correction_changes_what_is_learned()
    {
        var off = Train(CorrectionMode.Off, CorrectionRoute.Auto);
        var on = Train(CorrectionMode.TokenTruncate, CorrectionRoute.Auto);
        Assert.AreEqual(0, off.Work.Tokens(WorkPurpose.Score));
        Assert.IsTrue(TinyPolicy.Distance(off.Weights, on.Weights) > 1e-7);
    }

    private static Outcome Train(CorrectionMode mode, CorrectionRoute route)
    {
        using var policy = Policy.Load(
            Path.Combine(Repository.Root, "docs", "samples", "TinyAdder"), TorchSharp.torch.ScalarType.Float64, TorchSharp.torch.CPU, PromptFormat.Raw, null, []);
        var options = new GrpoOptions
        {
            ModelPath = "toy",
            GroupSize = 4,
            PromptsPerRollout = 4,
            MaxCompletionTokens = 4,
            Steps = Steps,
            PromptFormat = PromptFormat.Raw,
            Optimizer = { LearningRate = 1e-3, WarmupSteps = 0 },
            RolloutEngine = new RoundedRolloutEngine(),
            ImportanceSampling = { Mode = mode, Route = route },
            Execution = { PromptSharing = PromptSharing.Never, SkipZeroAdvantageRows = false },
        };
        var tokens = 0L;
        options.Rewards.Add(Reward.FromBatchFunction("even", batch =>
        {
            tokens += batch.Sum(s => policy.Prompts.Build(s.Prompt).Count + s.CompletionIds.Count - 1L);
            return [.. batch.Select(s => (double?)(s.CompletionIds[0] % 2))];
        }));
        OptionRules.Check(options);
        PromptRow[] rows = [.. Enumerable.Range(0, 8).Select(i => new PromptRow(i, $"{10 + (7 * i)}+{23 + (5 * i)}=", new Dictionary<string, object?>()))];
        var work = new WorkCounters();
        using var trainer = new GrpoTrainer(policy, options, 3, rows, null, new LogLines(), work, () => { });
        return new(trainer.Run().Steps, TinyPolicy.Weights(policy), work, tokens);
    }

    private sealed record Outcome(IReadOnlyList<IReadOnlyDictionary<string, double>> Steps, double[] Weights, WorkCounters Work, long LossTokens);
}
