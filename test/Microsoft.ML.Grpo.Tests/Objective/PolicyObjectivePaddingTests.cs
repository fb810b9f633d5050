using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PolicyObjectivePaddingTests
{
    [TestMethod]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    [DataRow(double.NegativeInfinity)]
    [DataRow(1e300)]
    public void What_stands_at_padding_reaches_neither_loss_nor_gradient_nor_metrics(double garbage)
    {
        LossScale scale = SpecExample.Scale with { EntropyCoefficient = .5 };
        foreach (ObjectiveSettings settings in SpecExample.Everything)
        {
            using var scope = NewDisposeScope();
            var clean = new SpecExample();
            LossResult expected = PolicyObjective.Compute(clean.Inputs with { Entropy = SpecExample.Rows(1, 2, 3, 4, 5, 6, 7, 8) }, settings, scale);
            double[] expectedGradient = clean.Gradient(expected);

            LossInputs dirty = new(
                WithGarbage(clean.Inputs.Lp).requires_grad_(),
                WithGarbage(clean.Inputs.Old!),
                WithGarbage(clean.Inputs.Sampler!),
                WithGarbage(clean.Inputs.Reference!),
                clean.Inputs.Advantages,
                clean.Inputs.Mask,
                WithGarbage(SpecExample.Rows(1, 2, 3, 4, 5, 6, 7, 8)));
            LossResult actual = PolicyObjective.Compute(dirty, settings, scale);
            actual.Loss.backward();

            Assert.AreEqual(expected.Loss.item<double>(), actual.Loss.item<double>());
            CollectionAssert.AreEqual(expectedGradient, Near.Doubles(dirty.Lp.grad!));
            CollectionAssert.AreEqual(Near.Doubles(expected.Old), Near.Doubles(actual.Old));
            Assert.AreEqual(0.0, actual.Old[0, 3].item<double>());
            CollectionAssert.AreEquivalent(expected.Statistics.ToMetrics().ToArray(), actual.Statistics.ToMetrics().ToArray());

            Tensor WithGarbage(Tensor values) => values.detach().masked_fill(clean.Inputs.Mask == Scalars.Of(0), Scalars.Of(garbage));
        }
    }

    [TestMethod]
    public void A_micro_batch_of_nothing_but_padding_has_loss_0_and_gradient_0()
    {
        foreach (ObjectiveSettings settings in SpecExample.Everything.Concat(SpecExample.Everything.Select(all => all with { TopEntropyQuantile = 1 })))
        {
            using var scope = NewDisposeScope();
            var example = new SpecExample();
            LossInputs inputs = example.Inputs with { Mask = zeros(2, 4), Entropy = SpecExample.Rows(1, 2, 3, 4, 5, 6, 7, 8) };
            LossResult result = PolicyObjective.Compute(inputs, settings, new LossScale(2, 0, 1, 1) { MaxCompletionTokens = 8, EntropyCoefficient = .5 });
            Assert.AreEqual(0.0, result.Loss.item<double>());
            CollectionAssert.AreEqual(new double[8], example.Gradient(result));

            var metrics = result.Statistics.ToMetrics();
            Assert.AreEqual(0.0, metrics["kl"]);
            Assert.AreEqual(0.0, metrics["policy_loss"]);
            bool noRatio = settings.RatioLevel == RatioLevel.Token;
            Assert.IsTrue(double.IsNaN(metrics["ratio/min"]) == noRatio && double.IsNaN(metrics["ratio/max"]) == noRatio);
            Assert.IsTrue(!metrics.TryGetValue("clip_ratio/low_min", out double least) || double.IsNaN(least) == noRatio);
        }
    }

    [TestMethod]
    public void A_mask_of_bools_or_integers_is_as_good_as_one_of_floats()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        double expected = PolicyObjective.Compute(inputs, new ObjectiveSettings(), SpecExample.Scale).Loss.item<double>();
        foreach (ScalarType type in new[] { ScalarType.Bool, ScalarType.Int64, ScalarType.Float32 })
        {
            LossInputs typed = inputs with { Mask = inputs.Mask.to(type) };
            Assert.AreEqual(expected, PolicyObjective.Compute(typed, new ObjectiveSettings(), SpecExample.Scale).Loss.item<double>());
        }
    }
}
