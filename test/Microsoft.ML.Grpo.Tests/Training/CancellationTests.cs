namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class CancellationTests
{
    [TestMethod]
    [DataRow(GrpoPhase.Rollout)]
    [DataRow(GrpoPhase.Rewards)]
    [DataRow(GrpoPhase.Update)]
    public void ReturnLastStep_gives_the_weights_of_the_last_finished_step_to_the_bit(GrpoPhase phase)
    {
        using var stop = new CancellationTokenSource();
        using var run = new TinyRun(o =>
        {
            (o.CancellationToken, o.OnCancel, o.Steps) = (stop.Token, CancellationBehavior.ReturnLastStep, 6);
            o.Progress = new ProgressCall(p =>
            {
                if (p.Step == 2 && p.Phase == phase)
                {
                    stop.Cancel();
                }
            });
        });
        var summary = run.Train();
        Assert.AreEqual(2, summary.Steps.Count);
        CollectionAssert.AreEqual(TinyRun.WeightsAfter(o => (o.Steps, o.Optimizer.WarmupSteps) = (2, 0)), run.Weights);
        CollectionAssert.AreEqual(new[] { "Cancelled: the policy is that of step 2 of 6." }, run.Log.Warnings.Where(w => w.StartsWith("Cancelled", StringComparison.Ordinal)).ToArray());
    }

    [TestMethod]
    public void No_micro_batch_begins_after_the_cancellation()
    {
        using var stop = new CancellationTokenSource();
        var checks = 0;
        using var run = new TinyRun(o => (o.CancellationToken, o.OnCancel, o.Execution.MicroBatchTokens) = (stop.Token, CancellationBehavior.ReturnLastStep, 20))
        {
            CheckHost = () =>
            {
                if (++checks == 3)
                {
                    stop.Cancel();
                }
            },
        };
        Assert.AreEqual(0, run.Train().Steps.Count);
        Assert.AreEqual(3, run.Work.Passes(WorkPurpose.Loss), "The one that had begun is the last.");
        using var start = TinyPolicy.Create();
        CollectionAssert.AreEqual(TinyPolicy.Weights(start), run.Weights);
        Assert.IsTrue(run.Policy.Network.Parameters.Values.All(p => !p.requires_grad));
    }

    [TestMethod]
    public void A_step_whose_evaluation_is_cancelled_is_finished_and_counted()
    {
        using var stop = new CancellationTokenSource();
        using var run = new TinyRun(o =>
        {
            (o.CancellationToken, o.OnCancel, o.Steps, o.Evaluation.EvaluateEverySteps) = (stop.Token, CancellationBehavior.ReturnLastStep, 5, 2);
            var evaluations = 0;
            o.Progress = new ProgressCall(p =>
            {
                if (p.Phase == GrpoPhase.Evaluation && ++evaluations == 2)
                {
                    stop.Cancel();
                }
            });
        })
        { Validation = TinyRun.Prompts(3) };
        Assert.AreEqual(2, run.Train().Steps.Count);
        CollectionAssert.Contains(run.Log.Warnings.ToArray(), "Cancelled: the policy is that of step 2 of 5.");
        CollectionAssert.AreEqual(TinyRun.WeightsAfter(o => o.Steps = 2), run.Weights);
    }

    [TestMethod]
    [DataRow(CancellationBehavior.Throw)]
    [DataRow(CancellationBehavior.ReturnLastStep)]
    public void A_reward_that_waits_is_not_waited_for(CancellationBehavior behavior)
    {
        using var stop = new CancellationTokenSource();
        using var run = new TinyRun(o =>
        {
            (o.CancellationToken, o.OnCancel) = (stop.Token, behavior);
            o.Rewards.Add(Reward.FromFunction("slow", async (_, token) =>
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            }));
        });
        if (behavior == CancellationBehavior.Throw)
        {
            Assert.Throws<OperationCanceledException>(() => run.Train());
        }
        else
        {
            Assert.AreEqual(0, run.Train().Steps.Count);
        }
    }

    [TestMethod]
    public void A_host_that_cancels_is_not_asked_for_the_last_step()
    {
        using var stop = new CancellationTokenSource();
        using var run = new TinyRun(o => (o.CancellationToken, o.OnCancel) = (stop.Token, CancellationBehavior.ReturnLastStep))
        {
            CheckHost = () => throw new OperationCanceledException("host"),
        };
        Assert.AreEqual("host", Assert.ThrowsExactly<OperationCanceledException>(() => run.Train()).Message);
    }
}
