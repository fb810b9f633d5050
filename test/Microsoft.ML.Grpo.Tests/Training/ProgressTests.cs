namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ProgressTests
{
    [TestMethod]
    public void Phases_come_in_order_with_the_number_of_finished_steps()
    {
        var (_, reports) = Train(o => (o.Steps, o.Evaluation.EvaluateEverySteps) = (3, 2));
        Assert.AreEqual(
            "0 Evaluation, 0 Rollout, 0 Rewards, 0 Update, 1 StepDone, 1 Rollout, 1 Rewards, 1 Update, 1 Evaluation, 2 StepDone, 2 Rollout, 2 Rewards, 2 Update, 2 Evaluation, 3 StepDone",
            string.Join(", ", reports.Select(r => $"{r.Step} {r.Phase}")));
        Assert.IsTrue(reports.All(r => r.Steps == 3));
        Assert.IsTrue(reports.Zip(reports.Skip(1)).All(pair => pair.First.Elapsed <= pair.Second.Elapsed));
    }

    [TestMethod]
    public void What_is_known_after_a_step_only_is_null_before_it()
    {
        var (summary, reports) = Train(o => o.Steps = 3);
        foreach (var report in reports)
        {
            var known = report.Step > 0;
            Assert.AreEqual(known, report.Remaining is not null);
            Assert.AreEqual(known, report.TokensPerSecond > 0);
            Assert.AreEqual(known ? summary.Steps[report.Step - 1]["completions/mean_length"] : null, report.MeanLength);
        }

        Assert.AreEqual(TimeSpan.Zero, reports[^1].Remaining);
        Assert.AreEqual(summary.Steps[2]["reward"], reports[^1].Reward);
        Assert.AreEqual(summary.Steps[2]["eval_reward"], reports[^1].Metrics["eval_reward"]);
        Assert.AreEqual(summary.Work.Tokens(WorkPurpose.Loss), reports[^1].Work["Loss"]);
    }

    [TestMethod]
    public void The_time_left_counts_training_and_not_evaluation()
    {
        var stall = TimeSpan.FromMilliseconds(150);
        var reports = new List<GrpoProgress>();
        using var run = new TinyRun(o =>
        {
            (o.Steps, o.Evaluation.EvaluateEverySteps) = (4, 1);
            // A reward is slow on the held-out rows alone, which come first and after every step.
            o.Rewards.Add(Reward.FromBatchFunction("slow", batch =>
            {
                if (batch[0].Prompt.StartsWith('z'))
                {
                    Thread.Sleep(stall);
                }

                return [.. batch.Select(s => (double?)s.Generation)];
            }));
            o.Progress = new ProgressCall(reports.Add);
        })
        { Validation = [new(0, "zz", new Dictionary<string, object?>())] };
        var steps = run.Train().Steps;
        var done = reports.Where(r => r.Phase == GrpoPhase.StepDone).ToArray();
        for (var i = 0; i < 3; i++)
        {
            var perStep = done[i].Remaining!.Value.TotalSeconds / (3 - i);
            var measured = steps.Take(i + 1).Average(s => s["step_time"]);
            Assert.IsTrue(perStep >= measured * 0.9 && perStep < measured + stall.TotalSeconds, $"step {i + 1}: {perStep} s a step, measured {measured}");
        }
    }

    private static (TrainingSummary Summary, List<GrpoProgress> Reports) Train(Action<GrpoOptions> change)
    {
        var reports = new List<GrpoProgress>();
        using var run = new TinyRun(o =>
        {
            change(o);
            o.Progress = new ProgressCall(reports.Add);
        })
        { Validation = TinyRun.Prompts(3) };
        return (run.Train(), reports);
    }
}
