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
    [DataRow(1.0, 1)]
    [DataRow(0.0, 0)]
    public void Where_each_reward_is_compared_by_itself_each_that_has_a_weight_is_looked_at(double weight, int warnings)
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("right", s => s.Generation % 2));
            o.Rewards.Add(Reward.FromFunction("tiny", s => s.Generation * 1e-3, weight));
            (o.Loss.RewardAggregation, o.MaxCompletionTokens) = (RewardAggregation.NormalizeThenSum, 40);
        });
        run.Train();
        string[] expected =
        [
            "Values of the reward tiny differ by only 0.003 in a group: with NormalizeThenSum they are divided by their own standard deviation, which makes as much of that as of right and wrong. "
                + "Give that reward no weight, or set Loss.RewardAggregation = SumThenNormalize.",
        ];
        CollectionAssert.AreEqual(expected[..warnings], run.Log.Warnings.ToArray());
    }

    [TestMethod]
    [DataRow(RewardAggregation.NormalizeThenSum, 0)]
    [DataRow(RewardAggregation.SumThenNormalize, 1)]
    public void Rewards_that_cancel_are_equal_only_where_their_sum_is_compared(RewardAggregation aggregation, int warnings)
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("up", s => s.Generation));
            o.Rewards.Add(Reward.FromFunction("down", s => -2.0 * s.Generation, .5));
            (o.Loss.RewardAggregation, o.MaxCompletionTokens) = (aggregation, 40);
        });
        run.Train();
        Assert.AreEqual(warnings, run.Log.Warnings.Count(w => w.Contains("every group had equal rewards", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void One_rollout_of_a_step_that_is_left_out_is_told_though_the_others_are_not()
    {
        var policy = TinyPolicy.Create();
        using var run = new TinyRun(
            o => (o.ImportanceSampling.Mode, o.ImportanceSampling.MaxRatio, o.RolloutsPerStep, o.PromptsPerRollout, o.Steps) = (CorrectionMode.TokenMask, 1.5, 4, 1, 1), policy: policy)
        { Engine = new NoisyEngine(policy, noise: 0, shift: -1, onlyRollout: 2) };
        var steps = run.Train().Steps;
        Near.AreEqual(.25, steps[0]["sampling/share_masked"], 1e-12, "mean of the step");
        Assert.AreEqual(1, run.Log.Warnings.Count(w => w.StartsWith("The correction for the sampler left 100", StringComparison.Ordinal)), string.Join('\n', run.Log.Warnings));
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

    [TestMethod]
    public void Cut_completions_that_carry_no_loss_are_told_as_such_and_a_step_that_learned_nothing_too()
    {
        using var run = new TinyRun(o => (o.Loss.MaskTruncatedCompletions, o.MaxCompletionTokens) = (true, 2)) { Engine = new ScriptedEngine((_, place, g) => ([50 + (80 * (g % 2)), 60 + place], FinishReason.Length)) };
        run.Train();
        Assert.AreEqual(1, run.Log.Warnings.Count(w => w.StartsWith("100 % of the completions were cut at the largest length and carry no loss", StringComparison.Ordinal)));
        Assert.AreEqual(1, run.Log.Warnings.Count(w => w.StartsWith("Step 1 learned nothing, though rewards differed", StringComparison.Ordinal)));
        Assert.IsFalse(run.Log.Warnings.Any(w => w.Contains("or set Loss.MaskTruncatedCompletions", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Rewards_that_judge_nothing_are_not_called_equal()
    {
        using var run = new TinyRun(o => o.Rewards.Add(Reward.FromFunction("never", _ => (double?)null)));
        run.Train();
        Assert.IsFalse(run.Log.Warnings.Any(w => w.Contains("every group had equal rewards", StringComparison.Ordinal)));
        Assert.AreEqual(1, run.Log.Warnings.Count(w => w.StartsWith("No reward could judge", StringComparison.Ordinal)));
    }
}
