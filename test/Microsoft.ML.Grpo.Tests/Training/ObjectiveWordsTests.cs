namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ObjectiveWordsTests
{
    [TestMethod]
    public void The_defaults_are_told_in_short() =>
        Assert.AreEqual("Dapo; policy ratio clipped to 0.8..1.2; advantages scaled by Group", ObjectiveWords.Of(new GrpoOptions()));

    [TestMethod]
    public void Everything_that_is_on_is_told()
    {
        var options = new GrpoOptions
        {
            Loss =
            {
                Type = LossType.Luspo, RatioLevel = RatioLevel.Sequence, EpsilonHigh = 0.28, Delta = 3, RewardAggregation = RewardAggregation.NormalizeThenSum, MaskTruncatedCompletions = true,
                OffPolicyMaskThreshold = 0.01, TopEntropyQuantile = 0.2, Entropy = { Adaptive = true, Coefficient = 0.01, Target = 0.3 }, Beta = 0.04,
            },
            ImportanceSampling = { MinRatio = 0.5, MaxRatio = null },
            RolloutEngine = new RoundedRolloutEngine(),
            MinInformativeGroups = 4,
        };
        Assert.AreEqual(
            "Luspo; one policy ratio a completion; policy ratio clipped to 0.8..1.28; ratio at most 3; rewards normalised, then summed; cut completions masked; off-policy mask above 0.01; "
            + "the 20 % of tokens of highest entropy; entropy bonus 0.01, adapted to 0.3; KL 0.04; correction TokenTruncate within 0.5..infinity; at least 4 informative groups, 3 further rounds at most; sampled by RoundedRolloutEngine",
            ObjectiveWords.Of(options));
    }

    [TestMethod]
    public void Cispo_tells_its_bound_and_a_custom_loss_its_name()
    {
        Assert.AreEqual("Cispo; weights up to 5; advantages scaled by Group", ObjectiveWords.Of(new GrpoOptions { Loss = { Type = LossType.Cispo } }));
        Assert.AreEqual(
            "the custom loss \"mine\"; advantages scaled by None",
            ObjectiveWords.Of(new GrpoOptions { Loss = { Custom = PolicyLoss.Custom("mine", terms => terms.Lp), ScaleRewards = ScaleRewards.None } }));
    }
}
