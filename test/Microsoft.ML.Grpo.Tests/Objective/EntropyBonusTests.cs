using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class EntropyBonusTests
{
    private static readonly LossScale Scale = new(2, 20, 2, 1) { SliceTokens = 7, MaxCompletionTokens = 8, EntropyCoefficient = .5 };

    [TestMethod]
    public void The_mean_entropy_of_the_slices_tokens_is_taken_off_every_loss()
    {
        foreach (LossType type in Enum.GetValues<LossType>())
        {
            using var scope = NewDisposeScope();
            double difference = Loss(new() { LossType = type }) - Loss(new() { LossType = type, EntropyBonus = true });
            Near.AreEqual(.5 * (1 + 2 + 3 + 5 + 6 + 7 + 8) / 7 / 2, difference, 1e-12, type.ToString());
        }

        double Loss(ObjectiveSettings settings) => PolicyObjective.Compute(Inputs(), settings, Scale).Loss.item<double>();
    }

    [TestMethod]
    public void Its_gradient_is_the_same_for_every_token_that_carries_loss()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = Inputs();
        PolicyObjective.Compute(inputs, new() { EntropyBonus = true }, Scale).Loss.backward();
        double each = -.5 / 7 / 2;
        Near.AreEqual([each, each, each, 0, each, each, each, each], Near.Doubles(inputs.Entropy!.grad!), 1e-15, "gradient");
    }

    [TestMethod]
    public void With_a_cut_it_is_the_mean_over_the_slices_tokens_that_are_kept()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = Inputs();
        LossResult result = PolicyObjective.Compute(inputs, new() { EntropyBonus = true, TopEntropyQuantile = .5 }, Scale with { EntropyCut = new(6, 11), SliceTokens = 0 });
        result.Loss.backward();
        double each = -.5 / 11 / 2;
        Near.AreEqual([0, 0, 0, 0, 0, each, each, each], Near.Doubles(inputs.Entropy!.grad!), 1e-15, "gradient");
        Assert.AreEqual((21.0, 3.0), result.Statistics.BonusEntropy);
    }

    [TestMethod]
    public void A_slice_that_keeps_nothing_has_no_bonus()
    {
        using var scope = NewDisposeScope();
        LossResult result = PolicyObjective.Compute(Inputs(), new() { EntropyBonus = true, TopEntropyQuantile = .5 }, Scale with { EntropyCut = new(double.PositiveInfinity, 0) });
        Assert.AreEqual(0.0, result.Loss.item<double>());
        Assert.AreEqual((0.0, 0.0), result.Statistics.BonusEntropy);
    }

    [TestMethod]
    public void At_a_coefficient_of_0_entropies_are_followed_and_have_no_gradient()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = Inputs();
        LossResult result = PolicyObjective.Compute(inputs, new() { EntropyBonus = true }, Scale with { EntropyCoefficient = 0 });
        result.Loss.backward();
        Assert.IsNull(inputs.Entropy!.grad);
        Assert.AreEqual((32.0, 7.0), result.Statistics.BonusEntropy);
        Assert.IsTrue(result.Statistics.ToMetrics().ContainsKey("policy_loss"));
    }

    [TestMethod]
    public void The_coefficient_is_without_effect_where_there_is_no_bonus()
    {
        using var scope = NewDisposeScope();
        LossResult result = PolicyObjective.Compute(Inputs(), new(), Scale);
        Assert.AreEqual(PolicyObjective.Compute(Inputs(), new(), Scale with { EntropyCoefficient = 0 }).Loss.item<double>(), result.Loss.item<double>());
        Assert.AreEqual((0.0, 0.0), result.Statistics.BonusEntropy);
        Assert.IsFalse(result.Statistics.ToMetrics().ContainsKey("policy_loss"));
    }

    [TestMethod]
    public void The_policy_loss_is_the_loss_before_the_bonus_and_before_the_windows_slices_are_counted()
    {
        foreach (LossType type in Enum.GetValues<LossType>())
        {
            using var scope = NewDisposeScope();
            LossResult result = PolicyObjective.Compute(Inputs(), new() { LossType = type, EntropyBonus = true }, Scale);
            double without = PolicyObjective.Compute(Inputs(), new() { LossType = type }, Scale).Loss.item<double>();
            double factor = type is LossType.Dapo or LossType.Cispo or LossType.Vespo ? 1 : 2;
            Near.AreEqual(factor * without, result.Statistics.ToMetrics()["policy_loss"], 1e-12, type.ToString());
        }
    }

    [TestMethod]
    public void The_slices_tokens_must_be_known()
    {
        using var scope = NewDisposeScope();
        var error = Assert.ThrowsExactly<ArgumentException>(() => PolicyObjective.Compute(Inputs(), new() { EntropyBonus = true }, Scale with { SliceTokens = 0 }));
        StringAssert.Contains(error.Message, "SliceTokens is 0, but the micro-batch has 7 tokens that carry loss.");
    }

    private static LossInputs Inputs() => new SpecExample().Inputs with { Entropy = SpecExample.Rows(1, 2, 3, 4, 5, 6, 7, 8).requires_grad_() };
}
