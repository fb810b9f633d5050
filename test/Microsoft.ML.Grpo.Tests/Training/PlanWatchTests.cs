namespace Microsoft.ML.Grpo.Tests;

/// <summary>A pass that was not promised, or one that was and is not run, stops the run before it updates anything.</summary>
[TestClass]
public class PlanWatchTests
{
    private static readonly ForwardPlan LossAlone = ForwardPlan.For(new(new(1, 1, 1), Correction: false, ReferencePass: false));
    private static readonly ForwardPlan AllPasses = ForwardPlan.For(new(new(1, 2, 1), Correction: true, ReferencePass: true));

    [TestMethod]
    public void What_was_promised_passes_whatever_was_counted_before()
    {
        var work = new WorkCounters();
        work.Count(WorkPurpose.Loss, 7);
        work.Count(WorkPurpose.Score, 8);
        var watch = new PlanWatch(AllPasses, work);
        work.Count(WorkPurpose.Score, 20);
        work.Count(WorkPurpose.Reference, 5);
        work.Count(WorkPurpose.Reference, 15); // in as many micro-batches as may be
        work.Count(WorkPurpose.Evaluation, 99);
        work.Count(WorkPurpose.RolloutDecode, 99);
        watch.RolloutReady(20);
        work.Count(WorkPurpose.Entropy, 12);
        work.Count(WorkPurpose.Loss, 12);
        watch.SliceDone(12, entropyPass: true);
        work.Count(WorkPurpose.Loss, 8);
        watch.SliceDone(8, entropyPass: false);
    }

    [TestMethod]
    [DataRow(WorkPurpose.Score)]
    [DataRow(WorkPurpose.Reference)]
    [DataRow(WorkPurpose.Entropy)]
    [DataRow(WorkPurpose.Loss)]
    public void A_pass_that_was_not_promised_is_found_out_and_the_plan_is_told(WorkPurpose purpose)
    {
        var work = new WorkCounters();
        var watch = new PlanWatch(LossAlone, work);
        watch.RolloutReady(20);
        work.Count(WorkPurpose.Loss, 20);
        work.Count(purpose, 3);
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => watch.SliceDone(20, entropyPass: false));
        var (promised, run) = purpose == WorkPurpose.Loss ? (20, 23) : (0, 3);
        Assert.AreEqual(
            $"The forward plan promised {promised} tokens for {purpose} by now, but {run} were run. The plan: {LossAlone.Description} This is a fault of the library: please report it with the run's options.",
            error.Message);
    }

    [TestMethod]
    [DataRow(WorkPurpose.Score)]
    [DataRow(WorkPurpose.Reference)]
    public void A_promised_pass_that_was_not_run_is_missed(WorkPurpose missing)
    {
        var work = new WorkCounters();
        var watch = new PlanWatch(AllPasses, work);
        work.Count(missing == WorkPurpose.Score ? WorkPurpose.Reference : WorkPurpose.Score, 20);
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => watch.RolloutReady(20));
        StringAssert.StartsWith(error.Message, $"The forward plan promised 20 tokens for {missing} by now, but 0 were run. The plan: {AllPasses.Description}");
    }

    [TestMethod]
    [DataRow(WorkPurpose.Score, "No scoring pass: the schedule is aligned")]
    [DataRow(WorkPurpose.Reference, "No reference pass: beta is 0.")]
    [DataRow(WorkPurpose.Loss, "No scoring pass: the schedule is aligned")]
    public void A_run_with_a_pass_too_many_stops_before_the_update(WorkPurpose purpose, string plan)
    {
        var policy = TinyPolicy.Create();
        double[] afterFirst = [];
        WorkCounters? work = null;
        var rollouts = 0;
        using var run = new TinyRun(
            o => o.Rewards.Add(Reward.FromBatchFunction("share", batch =>
            {
                if (++rollouts == 2)
                {
                    work!.Count(purpose, 1);
                }

                return [.. batch.Select(s => (double?)s.Generation)];
            })),
            policy: policy)
        { Seams = new() { Updated = (_, _) => afterFirst = TinyPolicy.Weights(policy) } };
        work = run.Work;
        var before = run.Weights;
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => run.Train());
        StringAssert.Contains(error.Message, plan);
        Assert.AreEqual(2, rollouts);
        CollectionAssert.AreNotEqual(before, afterFirst);
        CollectionAssert.AreEqual(afterFirst, run.Weights);
        Assert.IsTrue(policy.Network.Parameters.Values.All(p => !p.requires_grad && p.grad is null));
    }
}
