using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The forward plan's promise, counted: no pass whose result is already there.</summary>
[TestClass]
public class WorkOfARunTests
{
    [TestMethod]
    public void On_policy_no_scoring_forward_is_ever_run_and_every_count_is_exact()
    {
        var samples = new List<RewardSample>();
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Recording(samples));
            (o.Execution.PromptSharing, o.Execution.SkipZeroAdvantageRows) = (PromptSharing.Never, false);
            (o.RolloutsPerStep, o.Steps) = (2, 3);
        });
        run.Train();

        Assert.AreEqual(3 * 2 * 16, samples.Count);
        Assert.AreEqual(0, run.Work.Tokens(WorkPurpose.Score));
        Assert.AreEqual(0, run.Work.Passes(WorkPurpose.Score));
        Assert.AreEqual(0, run.Work.Tokens(WorkPurpose.Reference));
        Assert.AreEqual(0, run.Work.Passes(WorkPurpose.Reference));
        Assert.AreEqual(0, run.Work.Tokens(WorkPurpose.Evaluation));
        Assert.AreEqual(LossTokens(samples), run.Work.Tokens(WorkPurpose.Loss));
        Assert.AreEqual(samples.Where(s => s.Generation == 0).Sum(s => s.Prompt.Length), run.Work.Tokens(WorkPurpose.RolloutPrefill));
        Assert.AreEqual(samples.Sum(s => s.CompletionIds.Count - 1), run.Work.Tokens(WorkPurpose.RolloutDecode));
    }

    [TestMethod]
    public void By_default_the_groups_that_differ_are_run_alone_and_a_prompt_once_where_that_pays()
    {
        var samples = new List<(RewardSample Sample, double Reward)>();
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Reward.FromFunction("even", sample =>
            {
                var reward = sample.Row % 2 == 0 ? 0.1 : sample.CompletionIds[0] % 3;
                lock (samples)
                {
                    samples.Add((sample, reward));
                }

                return reward;
            }));
            o.Steps = 1;
        });
        var summary = run.Train();

        var groups = samples.GroupBy(s => s.Sample.Row).ToArray();
        var differ = groups.Where(group => group.Select(s => s.Reward).Distinct().Count() > 1).ToArray();
        Assert.IsTrue(differ.Length > 0 && differ.Length < groups.Length);
        long Tokens(IEnumerable<RewardSample> group)
        {
            var (prompt, fed) = (group.First().Prompt.Length, group.Sum(s => s.CompletionIds.Count - 1));
            var (whole, once) = ((prompt * group.Count()) + fed, prompt + fed);
            return whole >= 1.3 * once ? once : whole;
        }

        Assert.AreEqual(differ.Sum(group => Tokens(group.Select(s => s.Sample))), run.Work.Tokens(WorkPurpose.Loss));
        Assert.AreEqual(samples.Count - differ.Sum(group => group.Count()), summary.Steps[0]["rows/skipped"]);
    }

    [TestMethod]
    [DataRow(1, 2, 1)]
    [DataRow(1, 1, 2)]
    [DataRow(3, 2, 1)]
    public void A_misaligned_schedule_scores_every_rollout_exactly_once(int accumulation, int slices, int iterations)
    {
        var samples = new List<RewardSample>();
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Recording(samples));
            (o.Execution.PromptSharing, o.Execution.SkipZeroAdvantageRows) = (PromptSharing.Never, false);
            (o.AdvancedSchedule, o.Steps) = (new(accumulation, slices, iterations), 4);
        });
        run.Train();
        Assert.AreEqual(LossTokens(samples), run.Work.Tokens(WorkPurpose.Score));
        Assert.AreEqual(4 * accumulation / (slices * iterations) * 16, samples.Count);
        Assert.AreEqual(LossTokens(samples) * iterations, run.Work.Tokens(WorkPurpose.Loss));
        Assert.AreEqual(0, run.Work.Tokens(WorkPurpose.Reference));
    }

    [TestMethod]
    public void With_a_KL_term_the_reference_scores_every_rollout_exactly_once()
    {
        var samples = new List<RewardSample>();
        using var run = new TinyRun(o =>
        {
            o.Rewards.Add(Recording(samples));
            (o.Execution.PromptSharing, o.Execution.SkipZeroAdvantageRows) = (PromptSharing.Never, false);
            o.Loss.Beta = 0.1;
        });
        run.Train();
        Assert.AreEqual(LossTokens(samples), run.Work.Tokens(WorkPurpose.Reference));
        Assert.AreEqual(0, run.Work.Passes(WorkPurpose.Score));
    }

    [TestMethod]
    public void What_the_scoring_pass_stores_is_what_the_first_visit_computes()
    {
        using var policy = TinyPolicy.Create();
        var work = new WorkCounters();
        using var batch = Batch(policy, 12);
        var stage = new LossStage(policy.Network, null, new(), ForwardPlan.For(new(new(1, 2, 1), Correction: false, ReferencePass: false)), new(0.9, 61), 1, work);
        stage.Precompute(batch, () => { });
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (lp, _) = SequenceScorer.Score(policy.Network, [.. batch.Rows.Select(r => r.Sequence)], new PassSettings(0.9, int.MaxValue), work, WorkPurpose.Loss);
        Assert.IsTrue((lp - batch.Old!).abs().max().item<double>() <= 1e-12);
        Assert.IsFalse(batch.Old!.requires_grad);
    }

    [TestMethod]
    public void The_ratio_is_one_to_the_bit_on_policy_and_to_1e_12_at_the_first_visit_of_a_misaligned_schedule()
    {
        using var onPolicy = new TinyRun();
        Assert.IsTrue(onPolicy.Train().Steps.All(s => s["ratio/min"] == 1 && s["ratio/max"] == 1));

        using var misaligned = new TinyRun(o => (o.IterationsPerRollout, o.Steps) = (2, 4));
        var steps = misaligned.Train().Steps;
        foreach (var step in new[] { 0, 2 })
        {
            Assert.AreEqual(1, steps[step]["ratio/max"], 1e-12);
            Assert.IsTrue(steps[step + 1]["ratio/max"] > 1 + 1e-6, "The second walk is off-policy.");
        }
    }

    /// <summary>A batch of scripted completions whose advantages alternate.</summary>
    internal static TrainingBatch Batch(Policy policy, int rows, Device? device = null)
    {
        var prompts = TinyRun.Prompts(rows);
        var scored = prompts.Select((p, i) =>
        {
            int[] ids = [.. Enumerable.Range(0, 1 + (i % 5)).Select(t => 50 + (i * 3) + t)];
            return new RolloutRow(
                new(p, policy.Prompts.Build(p.Prompt)), new(ids, [.. ids.Select(_ => -2.0)], FinishReason.Stop), new(p.Prompt, "", ids, FinishReason.Stop, p.Row, 0, p.Columns));
        }).ToArray();
        var table = new RewardTable(new double?[rows, 1], ["r"], [1]);
        for (var i = 0; i < rows; i++)
        {
            table.Scores[i, 0] = i % 2;
        }

        var advantages = Advantages.Compute(table.Scores, table.Weights, rows, ScaleRewards.Group);
        return new(new(scored, rows, table, advantages), 0, [.. Enumerable.Range(0, rows)], maskTruncated: false, policy.Network.Dtype, device ?? CPU);
    }

    private static Reward Recording(List<RewardSample> samples) => Reward.FromBatchFunction("share", batch =>
    {
        samples.AddRange(batch);
        return [.. batch.Select(s => (double?)(s.CompletionIds.Count(i => i < 128) / (double)s.CompletionIds.Count))];
    });

    private static long LossTokens(IEnumerable<RewardSample> samples) => samples.Sum(s => (long)s.Prompt.Length + s.CompletionIds.Count - 1);
}
