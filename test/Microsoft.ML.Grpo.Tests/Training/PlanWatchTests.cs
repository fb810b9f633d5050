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
        watch.RolloutReady(_ => 20);
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
        watch.RolloutReady(_ => 20);
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
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => watch.RolloutReady(_ => 20));
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

    [TestMethod]
    [DataRow(false, false, false, 1)]
    [DataRow(true, false, false, 2)]
    [DataRow(true, true, false, 3)]
    [DataRow(true, true, true, 4)]
    public void An_evaluation_runs_as_many_passes_as_its_plan_has(bool scoring, bool reference, bool entropy, int passes)
    {
        var plan = ForwardPlan.For(new(new(1, 1, 1), Correction: true, ReferencePass: reference) { Route = scoring ? CorrectionRoute.Precompute : CorrectionRoute.Inline });
        foreach (var run in new[] { passes - 1, passes, passes + 1 })
        {
            var work = new WorkCounters();
            work.Count(WorkPurpose.Evaluation, 100);
            var watch = new PlanWatch(plan, work);
            work.Count(WorkPurpose.Evaluation, 20 * run);
            if (run == passes)
            {
                watch.Evaluated(100, 20, entropy);
            }
            else
            {
                var error = Assert.ThrowsExactly<InvalidOperationException>(() => watch.Evaluated(100, 20, entropy));
                StringAssert.StartsWith(error.Message, $"The forward plan promised {100 + (20 * passes)} tokens for Evaluation by now, but {100 + (20 * run)} were run.");
            }
        }
    }

    [TestMethod]
    public void The_plan_of_evaluation_is_told_where_it_computes_a_loss()
    {
        using var plain = new TinyRun(o => o.Steps = 1) { Validation = TinyRun.Prompts(3, first: 12) };
        plain.Train();
        Assert.IsFalse(plain.Log.All.Any(line => line.StartsWith("Forward plan of evaluation", StringComparison.Ordinal)));

        using var withLoss = new TinyRun(o => (o.Steps, o.Evaluation.Loss, o.Loss.Beta, o.StepsPerRollout) = (2, true, 0.1, 2)) { Validation = TinyRun.Prompts(3, first: 12) };
        withLoss.Train();
        StringAssert.StartsWith(
            withLoss.Log.All.Single(line => line.StartsWith("Forward plan of evaluation", StringComparison.Ordinal)),
            "Forward plan of evaluation: No scoring pass: the schedule is aligned (slices an update 1, slices a rollout 1, walks over it 1)");
    }
}
