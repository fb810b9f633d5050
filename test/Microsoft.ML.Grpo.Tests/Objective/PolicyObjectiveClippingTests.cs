using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>What happens exactly at a bound: the range is closed, so a ratio on it is inside.</summary>
[TestClass]
public class PolicyObjectiveClippingTests
{
    [TestMethod]
    public void A_ratio_on_the_upper_bound_counts_as_unclipped() => CheckBoundary(.25, 1, "clip_ratio/high_mean", "clip_ratio/high_max");

    [TestMethod]
    public void A_ratio_on_the_lower_bound_counts_as_unclipped() => CheckBoundary(-.25, -1, "clip_ratio/low_mean", "clip_ratio/low_min");

    [TestMethod]
    public void A_ratio_above_the_upper_bound_is_held_only_if_the_advantage_asks_for_more()
    {
        Assert.AreEqual((0.0, 1.0, 0.0), GradientHighLow(difference: .3, advantage: 1));
        Near.AreEqual(Math.Exp(.3), GradientHighLow(difference: .3, advantage: -1).Gradient, 1e-12, "gradient");
        Assert.AreEqual(0.0, GradientHighLow(difference: .3, advantage: -1).High);
    }

    [TestMethod]
    public void A_ratio_below_the_lower_bound_is_held_only_if_the_advantage_asks_for_less()
    {
        Assert.AreEqual((0.0, 0.0, 1.0), GradientHighLow(difference: -.3, advantage: -1));
        Near.AreEqual(-Math.Exp(-.3), GradientHighLow(difference: -.3, advantage: 1).Gradient, 1e-12, "gradient");
        Assert.AreEqual(0.0, GradientHighLow(difference: -.3, advantage: 1).Low);
    }

    [TestMethod]
    public void An_advantage_of_zero_is_never_counted_as_clipped()
    {
        Assert.AreEqual(0.0, GradientHighLow(difference: .3, advantage: 0).High);
        Assert.AreEqual(0.0, GradientHighLow(difference: -.3, advantage: 0).Low);
    }

    [TestMethod]
    public void The_bounds_are_separate()
    {
        var wide = new ObjectiveSettings { EpsilonLow = .1, EpsilonHigh = .5 };
        Assert.AreEqual(0.0, GradientHighLow(.3, 1, wide).High);
        Assert.AreEqual(1.0, GradientHighLow(-.2, -1, wide).Low);
        Assert.AreEqual(1.0, GradientHighLow(.3, 1, new ObjectiveSettings { EpsilonLow = .5, EpsilonHigh = .1 }).High);
        Assert.AreEqual(0.0, GradientHighLow(-.2, -1, new ObjectiveSettings { EpsilonLow = .5, EpsilonHigh = .1 }).Low);
    }

    [TestMethod]
    public void Rows_without_tokens_have_no_share_of_clipped_tokens()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample(-.8, -1.3).Inputs;
        Tensor onlyFirst = SpecExample.Rows(1, 1, 1, 0, 0, 0, 0, 0);
        var metrics = PolicyObjective.Compute(inputs with { Mask = onlyFirst }, new ObjectiveSettings { EpsilonLow = .1 }, SpecExample.Scale).Statistics.ToMetrics();

        // Of the first row's ratios 1.105, .819, 1.822 one is below .9; a row of nothing must not make the least share 0.
        Near.AreEqual(1 / 3.0, metrics["clip_ratio/low_min"], 1e-12, "low_min");
    }

    /// <summary>Epsilon is set to the distance of the ratio from 1, which floating point represents exactly, so that ratio and bound are equal.</summary>
    private static void CheckBoundary(double difference, double advantage, string mean, string extreme)
    {
        using var scope = NewDisposeScope();
        double ratio = tensor(new[] { difference }).exp().item<double>();
        double epsilon = Math.Abs(ratio - 1);
        Assert.AreEqual(ratio, difference > 0 ? 1 + epsilon : 1 - epsilon);

        var settings = new ObjectiveSettings { EpsilonLow = epsilon, EpsilonHigh = epsilon };
        LossInputs inputs = OneToken(difference, advantage);
        LossResult result = PolicyObjective.Compute(inputs, settings, new LossScale(1, 1, 1, 1));
        result.Loss.backward();

        var metrics = result.Statistics.ToMetrics();
        Assert.AreEqual(0.0, metrics[mean]);
        Assert.AreEqual(0.0, metrics[extreme]);
        Assert.AreEqual(0.0, metrics["clip_ratio/region_mean"]);
        Near.AreEqual(-advantage * ratio, inputs.Lp.grad!.item<double>(), 1e-15, "gradient on the bound");
    }

    private static (double Gradient, double High, double Low) GradientHighLow(double difference, double advantage, ObjectiveSettings? settings = null)
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = OneToken(difference, advantage);
        LossResult result = PolicyObjective.Compute(inputs, settings ?? new ObjectiveSettings(), new LossScale(1, 1, 1, 1));
        result.Loss.backward();
        var metrics = result.Statistics.ToMetrics();
        Assert.AreEqual(metrics["clip_ratio/region_mean"], metrics["clip_ratio/high_mean"] + metrics["clip_ratio/low_mean"]);
        return (inputs.Lp.grad!.item<double>(), metrics["clip_ratio/high_mean"], metrics["clip_ratio/low_mean"]);
    }

    private static LossInputs OneToken(double difference, double advantage) => new(
        tensor(new[] { difference }).reshape(1, 1).requires_grad_(),
        zeros(1, 1, ScalarType.Float64),
        null,
        null,
        tensor(new[] { advantage }).reshape(1, 1),
        ones(1, 1));
}
