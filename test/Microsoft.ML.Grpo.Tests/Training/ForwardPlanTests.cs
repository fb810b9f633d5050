namespace Microsoft.ML.Grpo.Tests;

/// <summary>Every cell of the plan's table.</summary>
[TestClass]
public class ForwardPlanTests
{
    private static readonly Schedule Aligned = new(4, 2, 1);
    private static readonly Schedule Misaligned = new(3, 2, 1);

    private static IEnumerable<LogProbHead> Heads => Enum.GetValues<LogProbHead>();

    [TestMethod]
    public void Aligned_without_correction_the_loss_pass_is_its_own_old()
    {
        foreach (var head in Heads)
        {
            Expect(new(Aligned, false, false) { Head = head }, scoring: false, OldSource.LossPass, RatioSource.None);
        }
    }

    [TestMethod]
    [DataRow(CorrectionRoute.Auto)]
    [DataRow(CorrectionRoute.Inline)]
    public void Aligned_with_correction_the_first_visit_gives_old_and_ratio(CorrectionRoute route)
    {
        foreach (var head in Heads)
        {
            Expect(new(Aligned, true, false) { Route = route, Head = head }, scoring: false, OldSource.FirstVisit, RatioSource.FirstVisit);
        }
    }

    [TestMethod]
    public void Aligned_with_correction_a_scoring_pass_can_be_asked_for_as_a_check()
    {
        foreach (var head in Heads)
        {
            Expect(new(Aligned, true, false) { Route = CorrectionRoute.Precompute, Head = head }, scoring: true, OldSource.ScoringPass, RatioSource.Precomputed);
        }
    }

    [TestMethod]
    public void Not_aligned_the_scoring_pass_gives_old()
    {
        foreach (var head in Heads)
        {
            Expect(new(Misaligned, false, false) { Head = head }, scoring: true, OldSource.ScoringPass, RatioSource.None);
        }
    }

    [TestMethod]
    [DataRow(CorrectionRoute.Auto)]
    [DataRow(CorrectionRoute.Precompute)]
    public void Not_aligned_with_correction_the_scoring_pass_gives_old_and_ratio(CorrectionRoute route)
    {
        foreach (var head in Heads)
        {
            Expect(new(Misaligned, true, false) { Route = route, Head = head }, scoring: true, OldSource.ScoringPass, RatioSource.Precomputed);
        }
    }

    [TestMethod]
    public void Inline_on_a_schedule_that_is_not_aligned_is_refused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => ForwardPlan.For(new(Misaligned, true, false) { Route = CorrectionRoute.Inline }));
        StringAssert.Contains(error.Message, "not aligned (slices an update 3, slices a rollout 2, walks over it 1)");
        StringAssert.Contains(error.Message, "Set ImportanceSampling.Route = Auto");
    }

    [TestMethod]
    public void A_correction_without_the_samplers_log_probs_is_refused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => ForwardPlan.For(new(Aligned, true, false) { SamplerLogProbs = false }));
        StringAssert.Contains(error.Message, "Set ImportanceSampling.Mode = Off");
        Expect(new(Aligned, false, false) { SamplerLogProbs = false }, scoring: false, OldSource.LossPass, RatioSource.None);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_loss_that_asks_for_old_log_probs_of_another_pass_gets_one_even_when_aligned(bool correction)
    {
        Expect(
            new(Aligned, correction, false) { Contract = LossContract.PrecomputedOld },
            scoring: true, OldSource.ScoringPass, correction ? RatioSource.Precomputed : RatioSource.None);
    }

    [TestMethod]
    public void A_loss_that_asks_for_old_log_probs_of_another_pass_cannot_go_inline()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => ForwardPlan.For(new(Aligned, true, false) { Contract = LossContract.PrecomputedOld, Route = CorrectionRoute.Inline }));
        StringAssert.Contains(error.Message, "LossContract.PrecomputedOld");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void The_reference_pass_depends_on_nothing_else(bool wanted)
    {
        foreach (var schedule in new[] { Aligned, Misaligned })
        {
            foreach (var correction in new[] { false, true })
            {
                var plan = ForwardPlan.For(new(schedule, correction, wanted));
                Assert.AreEqual(wanted, plan.ReferencePass);
                StringAssert.Contains(plan.Description, wanted ? "One pass of the reference policy a rollout, for the KL term." : "No reference pass: beta is 0.");
            }
        }
    }

    [TestMethod]
    public void Evaluation_runs_no_scoring_pass() => Expect(new(new(1, 1, 1), true, false), scoring: false, OldSource.FirstVisit, RatioSource.FirstVisit);

    [TestMethod]
    [DataRow(false, false, CorrectionRoute.Auto, false, LossContract.AnyRoute, "No scoring pass: the schedule is aligned (slices an update 4, slices a rollout 2, walks over it 1), so the weights of the loss pass are those that sampled and its log-probs are the old ones. No correction for the sampler. No reference pass: beta is 0.")]
    [DataRow(false, true, CorrectionRoute.Auto, false, LossContract.AnyRoute, "No scoring pass: the schedule is aligned (slices an update 4, slices a rollout 2, walks over it 1), so the weights of the loss pass are those that sampled and its log-probs are the old ones. The IS ratio is computed in the loss pass, from its own log-probs and the sampler's, at the first visit of a row, and kept for later visits. No reference pass: beta is 0.")]
    [DataRow(false, true, CorrectionRoute.Precompute, true, LossContract.AnyRoute, "One scoring pass a rollout, in tiles, no logits kept: ImportanceSampling.Route is Precompute. The schedule is aligned (slices an update 4, slices a rollout 2, walks over it 1), so the loss pass would have given the same. The IS ratio is computed with the old log-probs, before the first update. No reference pass: beta is 0.")]
    [DataRow(true, false, CorrectionRoute.Auto, false, LossContract.AnyRoute, "One scoring pass a rollout: the schedule is not aligned (slices an update 3, slices a rollout 2, walks over it 1), so the weights change before the rollout is used up and the old log-probs must be kept. No correction for the sampler. No reference pass: beta is 0.")]
    [DataRow(false, false, CorrectionRoute.Auto, false, LossContract.PrecomputedOld, "One scoring pass a rollout: the custom loss asks for old log-probs of a pass of their own. No correction for the sampler. No reference pass: beta is 0.")]
    public void The_plan_says_what_and_why(bool misaligned, bool correction, CorrectionRoute route, bool fused, LossContract contract, string words) =>
        Assert.AreEqual(words, ForwardPlan.For(new(misaligned ? Misaligned : Aligned, correction, false) { Route = route, Head = fused ? LogProbHead.Tiled : LogProbHead.Full, Contract = contract }).Description);

    [TestMethod]
    public void The_plan_tells_of_the_pass_that_an_entropy_cut_may_need() =>
        StringAssert.Contains(ForwardPlan.For(new(Aligned, false, false) { EntropyCut = true }).Description, "A slice that does not fit one micro-batch gets a further pass for its entropies");

    private static void Expect(PlanRequest request, bool scoring, OldSource old, RatioSource ratio)
    {
        var plan = ForwardPlan.For(request);
        Assert.AreEqual((scoring, old, ratio), (plan.ScoringPass, plan.Old, plan.Ratio), request.ToString());
    }
}
