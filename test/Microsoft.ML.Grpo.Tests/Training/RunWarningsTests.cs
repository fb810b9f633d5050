using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RunWarningsTests
{
    [TestMethod]
    public void A_healthy_run_warns_of_nothing()
    {
        using var run = new TinyRun(o => (o.MaxCompletionTokens, o.Steps) = (40, 4));
        run.Train();
        Assert.AreEqual(0, run.Log.Warnings.Count, string.Join('\n', run.Log.Warnings));
        CollectionAssert.IsSubsetOf(
            new[] { "Sampling alone and in company: the same ids", $"Threads of an operator: {TorchSharp.torch.get_num_threads()}" },
            run.Log.All.Select(l => l.Split('.', ',')[0]).ToArray());
    }

    [TestMethod]
    [DataRow(2, 1)]
    [DataRow(12, 1)]
    [DataRow(25, 1)]
    public void Rewards_that_are_all_equal_are_told_once_however_short_the_run(int steps, int times)
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("same", _ => 1));
            (o.Steps, o.PromptsPerRollout, o.GroupSize, o.MaxCompletionTokens) = (steps, 1, 2, 30);
        });
        run.Train();
        Assert.AreEqual(times, run.Log.Warnings.Count(w => w.StartsWith($"In all of the {Math.Min(10, steps)} rollouts so far every group had equal rewards", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void One_group_that_differed_is_enough_to_learn_from()
    {
        var calls = 0;
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromBatchFunction("once", batch => [.. batch.Select(s => (double?)(s.Generation == 0 && calls++ == 0 ? 1 : 0))]));
            (o.Steps, o.PromptsPerRollout, o.GroupSize, o.MaxCompletionTokens) = (14, 1, 2, 30);
        });
        run.Train();
        Assert.IsFalse(run.Log.Warnings.Any(w => w.Contains("equal rewards", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Completions_that_are_cut_and_rewards_that_hardly_differ_are_told_once_each()
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("tiny", s => s.Generation * 1e-3));
            (o.Steps, o.MaxCompletionTokens) = (4, 1);
        });
        run.Train();
        Assert.AreEqual(1, run.Log.Warnings.Count(w => w.Contains("were cut at the largest length", StringComparison.Ordinal)));
        Assert.AreEqual(1, run.Log.Warnings.Count(w => w.StartsWith("Rewards of a group differ by only 0.003", StringComparison.Ordinal)));
        Assert.AreEqual(2, run.Log.Warnings.Count, string.Join('\n', run.Log.Warnings));
    }

    [TestMethod]
    public void A_tiny_spread_does_no_harm_where_nothing_is_divided_by_it()
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("tiny", s => s.Generation * 1e-3));
            (o.Loss.ScaleRewards, o.MaxCompletionTokens) = (ScaleRewards.None, 40);
        });
        run.Train();
        Assert.AreEqual(0, run.Log.Warnings.Count, string.Join('\n', run.Log.Warnings));
    }

    [TestMethod]
    public void Completions_that_no_reward_can_judge_are_told_once_and_do_not_train()
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("blind", s => s.Row == 2 ? null : s.Generation));
            (o.Shuffle, o.MaxCompletionTokens, o.Steps) = (false, 40, 4);
        });
        var metrics = run.Train().Steps[0];
        CollectionAssert.AreEqual(
            new[] { "No reward could judge 4 of the 16 completions of a rollout (prompts of the data's rows 2): they do not train. This is said once." }, run.Log.Warnings.ToArray());
        Assert.AreEqual(1.5, metrics["reward"], 1e-12);
    }

    [TestMethod]
    public void A_row_that_no_reward_can_judge_has_advantage_zero_and_leaves_its_group_alone()
    {
        using var half = new TinyRun(o => o.Rewards.Add(Reward.FromFunction("blind", s => s.Generation < 2 ? null : s.Generation)));
        var metrics = half.Train().Steps[0];
        Assert.AreEqual(2.5, metrics["reward"], 1e-12);
        var table = Advantages.Compute(new double?[,] { { null }, { null }, { 2 }, { 3 } }, [1], 4, ScaleRewards.Group);
        Assert.AreEqual(0, table.Advantages[0]);
        Assert.AreEqual(0, table.Advantages[1]);
        Assert.AreEqual(0.5 / (Math.Sqrt(0.5) + 1e-4), table.Advantages[3], 1e-12);
    }

    [TestMethod]
    [DataRow(2e-5, 50_000_001L, 1)]
    [DataRow(1e-5, 50_000_001L, 0)]
    [DataRow(1.0, 50_000_000L, 0)]
    public void A_high_learning_rate_is_told_for_large_models_only(double rate, long parameters, int warnings)
    {
        var log = new LogLines();
        RunWarnings.LearningRate(log, rate, parameters);
        Assert.AreEqual(warnings, log.Warnings.Count(w => w.StartsWith("The learning rate", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Keys_of_the_config_that_nothing_reads_are_named_once()
    {
        using var run = new TinyRun(o => o.MaxCompletionTokens = 40, policy: TinyPolicy.Create(configKeys: ", \"flux_capacitor\": 3, \"warp\": true"));
        run.Train();
        var warning = run.Log.Warnings.Single();
        StringAssert.StartsWith(warning, "config.json has keys that nothing here reads: flux_capacitor, warp.");
    }

    [TestMethod]
    public void An_interval_of_evaluations_that_never_comes_is_refused_in_a_run_by_epochs_too()
    {
        using var run = new TinyRun(o => (o.Epochs, o.Optimizer.WarmupSteps) = (1, 3));
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => run.Train());
        StringAssert.Contains(error.Message, "Optimizer.WarmupSteps is 3, but the run has 2 steps");
    }

    [TestMethod]
    [DataRow(CorrectionMode.TokenMask, 1)]
    [DataRow(CorrectionMode.TokenTruncate, 0)]
    public void A_correction_that_leaves_out_much_is_told_once(CorrectionMode mode, int warnings)
    {
        var policy = TinyPolicy.Create();
        using var run = new TinyRun(
            o => (o.ImportanceSampling.Mode, o.ImportanceSampling.MinRatio, o.ImportanceSampling.MaxRatio) = (mode, 0.95, 1.05), policy: policy)
        { Engine = new NoisyEngine(policy, noise: 0.3) };
        var steps = run.Train().Steps;
        Assert.AreEqual(warnings, run.Log.Warnings.Count(w => w.StartsWith("The correction for the sampler left ", StringComparison.Ordinal)));
        Assert.AreEqual(warnings == 1, steps[0].GetValueOrDefault("sampling/share_masked") > 0.3);
    }
}
