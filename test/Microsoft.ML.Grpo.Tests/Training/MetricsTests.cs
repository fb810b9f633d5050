namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class MetricsTests
{
    private static readonly string[] EveryStep =
    [
        "loss", "grad_norm", "learning_rate", "update_ratio", "updates_clipped", "rows/skipped", "num_tokens", "epoch", "step_time", "entropy",
        "reward", "reward_std", "frac_reward_zero_std", "rewards/share/mean", "rewards/share/std", "rewards/share/unscored",
        "completions/mean_length", "completions/min_length", "completions/max_length", "completions/clipped_ratio",
        "completions/mean_terminated_length", "completions/min_terminated_length", "completions/max_terminated_length",
        "groups/distinct_completions", "groups/all_right", "groups/all_wrong",
        "ratio/min", "ratio/mean", "ratio/max", "clip_ratio/low_mean", "clip_ratio/low_min", "clip_ratio/high_mean", "clip_ratio/high_max", "clip_ratio/region_mean",
        "sampling/sampling_logp_difference/mean", "sampling/sampling_logp_difference/max", "sampling/kl",
        "sampling/effective_sample_size", "sampling/ratio_unbounded/min", "sampling/ratio_unbounded/mean", "sampling/ratio_unbounded/max",
        "reward_by_length/q1", "reward_by_length/q2", "reward_by_length/q3", "reward_by_length/q4",
    ];

    private static readonly string[] Evaluation =
    [
        "eval_reward", "eval_reward_std", "eval_frac_reward_zero_std", "eval_rewards/share/mean", "eval_rewards/share/std", "eval_rewards/share/unscored", "eval_rewards/share/best", "eval_rewards/share/ci95", "eval_greedy_reward", "eval_greedy_rewards/share/mean",
        "eval_drift", "eval_completions/mean_length", "eval_completions/min_length", "eval_completions/max_length", "eval_completions/clipped_ratio",
        "eval_completions/mean_terminated_length", "eval_completions/min_terminated_length", "eval_completions/max_terminated_length", "eval_num_tokens",
    ];

    [TestMethod]
    public void Every_step_has_the_same_metrics_whether_or_not_a_rollout_was_sampled_in_it()
    {
        using var run = new TinyRun(o => (o.StepsPerRollout, o.Steps) = (2, 4));
        var steps = run.Train().Steps;
        foreach (var step in steps)
        {
            CollectionAssert.AreEquivalent(EveryStep, step.Keys.ToArray());
        }

        Assert.AreEqual(steps[0]["reward"], steps[1]["reward"]);
        Assert.AreNotEqual(steps[1]["reward"], steps[2]["reward"]);
        Near.AreEqual([0.25, 0.5, 0.75, 1], steps.Select(s => s["epoch"]).ToArray(), 1e-12, "epoch");
    }

    [TestMethod]
    public void With_a_KL_term_there_is_its_metric_and_it_starts_at_zero()
    {
        using var run = new TinyRun(o => o.Loss.Beta = 0.1);
        var steps = run.Train().Steps;
        CollectionAssert.AreEquivalent(EveryStep.Append("kl").ToArray(), steps[0].Keys.ToArray());
        Assert.AreEqual(0, steps[0]["kl"], 1e-12);
        Assert.IsTrue(steps[2]["kl"] > 1e-9);
    }

    [TestMethod]
    public void Evaluations_come_at_step_0_every_so_many_steps_and_after_the_last()
    {
        using var run = new TinyRun(o => (o.Steps, o.Evaluation.EvaluateEverySteps) = (5, 2)) { Validation = TinyRun.Prompts(6, first: 12) };
        var summary = run.Train();
        CollectionAssert.AreEquivalent(Evaluation, summary.InitialEvaluation.Keys.ToArray());
        CollectionAssert.AreEqual(new[] { 2, 4, 5 }, summary.Steps.Select((s, i) => (s, i)).Where(x => x.s.ContainsKey("eval_reward")).Select(x => x.i + 1).ToArray());
        CollectionAssert.AreEquivalent(EveryStep.Concat(Evaluation).ToArray(), summary.Steps[1].Keys.ToArray());
        Assert.AreEqual(0, summary.InitialEvaluation["eval_drift"]);
        Assert.AreNotEqual(0, summary.Steps[4]["eval_drift"]);
    }

    [TestMethod]
    public void Drift_is_zero_while_the_weights_stand_still()
    {
        using var run = new TinyRun(o => (o.Optimizer.LearningRate, o.Evaluation.EvaluateEverySteps) = (0, 1)) { Validation = TinyRun.Prompts(6, first: 12) };
        var summary = run.Train();
        foreach (var step in summary.Steps)
        {
            Assert.AreEqual(0, step["eval_drift"], 1e-12);
            Assert.AreEqual(summary.InitialEvaluation["eval_reward"], step["eval_reward"]);
            Assert.AreEqual(0, step["update_ratio"]);
        }
    }

    // Means 0.5 and 1.5 of two prompts (a third cannot be judged): deviation 1/sqrt(2), over the root of the two that were judged.
    [TestMethod]
    public void The_interval_of_an_evaluation_counts_only_the_prompts_that_were_judged()
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("rows", s => s.Row == 2 ? null : s.Row + (s.Generation % 2)));
            o.Steps = 1;
        })
        { Validation = TinyRun.Prompts(3, first: 12) };
        Assert.AreEqual(1.96 * 0.5, run.Train().InitialEvaluation["eval_rewards/rows/ci95"], 1e-12);
    }

    // On-policy the ratio is 1, so a token's loss is minus its row's advantage. Those of a group add up to 0: a mean over
    // rows (grpo) is 0, a mean over tokens (dapo) is minus the advantages weighted by length.
    [TestMethod]
    public void The_loss_of_an_on_policy_step_is_what_lengths_and_advantages_make_it()
    {
        var samples = new List<RewardSample>();
        using var dapo = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromBatchFunction("share", batch =>
            {
                samples.AddRange(batch);
                return [.. batch.Select(s => (double?)s.CompletionIds[0])];
            }));
            o.Steps = 1;
        });
        var loss = dapo.Train().Steps[0]["loss"];
        var scores = new double?[samples.Count, 1];
        for (var i = 0; i < samples.Count; i++)
        {
            scores[i, 0] = samples[i].CompletionIds[0];
        }

        var advantages = Advantages.Compute(scores, [1], 4, ScaleRewards.Group).Advantages;
        var expected = -advantages.Select((a, i) => a * samples[i].CompletionIds.Count).Sum() / samples.Sum(s => s.CompletionIds.Count);
        Assert.AreEqual(expected, loss, 1e-12);
        Assert.IsTrue(Math.Abs(expected) > 1e-3);

        using var grpo = new TinyRun(o => (o.Loss.Type, o.Steps) = (LossType.Grpo, 1));
        Assert.AreEqual(0, grpo.Train().Steps[0]["loss"], 1e-12);
    }

    [TestMethod]
    public void Groups_that_are_all_right_or_all_wrong_are_counted()
    {
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("rows", s => s.Row == 0 ? 1 : s.Row == 1 ? 0 : s.Generation % 2));
            (o.Shuffle, o.Steps) = (false, 1);
        });
        var step = run.Train().Steps[0];
        Assert.AreEqual(0.25, step["groups/all_right"]);
        Assert.AreEqual(0.25, step["groups/all_wrong"]);
        Assert.AreEqual(0.5, step["frac_reward_zero_std"]);
    }

    [TestMethod]
    public void Clipped_updates_are_counted_over_the_run()
    {
        using var all = new TinyRun(o => o.Optimizer.MaxGradientNorm = 1e-6);
        Assert.IsTrue(all.Train().Steps.All(s => s["updates_clipped"] == 1));
        using var none = new TinyRun(o => o.Optimizer.MaxGradientNorm = 0);
        Assert.IsTrue(none.Train().Steps.All(s => s["updates_clipped"] == 0 && s["grad_norm"] > 0));
    }

    [TestMethod]
    public void Tokens_are_counted_over_the_run_prompts_and_completions()
    {
        using var run = new TinyRun() { Engine = new ScriptedEngine((_, _, g) => ([50 + g, 60], FinishReason.Stop)), Rows = TinyRun.Prompts(4) };
        var perRollout = 16 * 2 + 4 * run.Rows.Sum(r => r.Prompt.Length);
        Near.AreEqual([perRollout, 2 * perRollout, 3 * perRollout], run.Train().Steps.Select(s => s["num_tokens"]).ToArray(), 0, "num_tokens");
    }
}
