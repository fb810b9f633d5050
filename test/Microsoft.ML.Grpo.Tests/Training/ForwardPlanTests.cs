namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ForwardPlanTests
{
    private static readonly Schedule Aligned = new(4, 2, 1);
    private static readonly Schedule Misaligned = new(3, 2, 1);

    [TestMethod]
    public void An_aligned_schedule_runs_no_scoring_pass()
    {
        ForwardPlan plan = ForwardPlan.For(Aligned, correction: false, referencePass: false);
        Assert.IsFalse(plan.ScoringPass);
        Assert.AreEqual(
            "No scoring pass: the schedule is aligned (slices an update 4, slices a rollout 2, walks over it 1), so the weights of the loss pass are those that sampled and its log-probs are the old ones. No reference pass: beta is 0.",
            plan.Description);
    }

    [TestMethod]
    public void A_misaligned_schedule_runs_one_scoring_pass()
    {
        ForwardPlan plan = ForwardPlan.For(Misaligned, correction: false, referencePass: false);
        Assert.IsTrue(plan.ScoringPass);
        Assert.AreEqual(
            "One scoring pass a rollout: the schedule is not aligned (slices an update 3, slices a rollout 2, walks over it 1), so the weights change before the rollout is used up and the old log-probs must be kept. No reference pass: beta is 0.",
            plan.Description);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void The_reference_pass_does_not_depend_on_the_schedule(bool wanted)
    {
        foreach (Schedule schedule in new[] { Aligned, Misaligned })
        {
            ForwardPlan plan = ForwardPlan.For(schedule, correction: false, wanted);
            Assert.AreEqual(wanted, plan.ReferencePass);
            Assert.AreEqual(!schedule.Aligned, plan.ScoringPass);
            Assert.AreEqual(wanted, plan.Description.EndsWith("One pass of the reference policy a rollout, for the KL term.", StringComparison.Ordinal));
        }
    }

    [TestMethod]
    public void Evaluation_runs_no_scoring_pass() =>
        Assert.IsFalse(ForwardPlan.For(new Schedule(1, 1, 1), correction: false, referencePass: false).ScoringPass);

    [TestMethod]
    public void A_correction_is_refused_until_the_loss_has_one()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => ForwardPlan.For(Aligned, correction: true, referencePass: false));
        StringAssert.Contains(error.Message, "leave the correction off");
    }
}
