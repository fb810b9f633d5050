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
    public void The_time_left_and_the_rate_count_training_and_not_evaluation()
    {
        var time = new ManualTime();
        var (work, reports, none) = (new WorkCounters(), new List<GrpoProgress>(), new Dictionary<string, double>());
        var clock = new RunClock(4, work, new ProgressCall(reports.Add), time);
        void Evaluate(int seconds)
        {
            time.Pass(seconds);
            clock.Evaluated(none, TimeSpan.FromSeconds(seconds));
        }

        void Step(int number, int seconds, int tokens, int evaluation)
        {
            time.Pass(seconds);
            work.Count(WorkPurpose.RolloutDecode, tokens);
            Evaluate(evaluation);
            clock.StepDone(number, none);
        }

        Evaluate(100);
        clock.TrainingStarts();
        Step(1, seconds: 10, tokens: 50, evaluation: 30);
        Step(2, seconds: 20, tokens: 300, evaluation: 0);
        Step(3, seconds: 30, tokens: 60, evaluation: 70);
        CollectionAssert.AreEqual(new[] { 30.0, 30, 20 }, reports.Select(r => r.Remaining!.Value.TotalSeconds).ToArray());
        CollectionAssert.AreEqual(new[] { 5.0, 15, 2 }, reports.Select(r => r.TokensPerSecond!.Value).ToArray());
        CollectionAssert.AreEqual(new[] { 140.0, 160, 260 }, reports.Select(r => r.Elapsed.TotalSeconds).ToArray());
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public void Pass(int seconds) => _ticks += seconds * TimestampFrequency;

        public override long GetTimestamp() => _ticks;
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
