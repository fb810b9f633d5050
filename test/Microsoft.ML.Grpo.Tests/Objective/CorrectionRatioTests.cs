using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class CorrectionRatioTests
{
    [TestMethod]
    [DataRow(CorrectionMode.TokenTruncate, new[] { 1.2, 1, .8, 1, 1.2, .818731, 1, .8 })]
    [DataRow(CorrectionMode.TokenMask, new[] { 0, 1, 0, 1, 0, .818731, 1, 0 })]
    [DataRow(CorrectionMode.SequenceTruncate, new[] { 1, .9 })]
    [DataRow(CorrectionMode.SequenceMask, new[] { 1.0, 0 })]
    public void Ratios_are_bounded_token_by_token_or_as_the_product_over_the_completion(CorrectionMode mode, double[] expected)
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        CorrectionSettings settings = SpecExample.Corrections.Single(one => one.Mode == mode);
        Tensor ratio = CorrectionRatio.Compute(inputs.Old!, inputs.Sampler!, inputs.Mask, settings);
        Near.AreEqual(expected, Near.Doubles(ratio), 1e-6, mode.ToString());
        CollectionAssert.AreEqual(settings.OfSequences ? [2, 1] : new long[] { 2, 4 }, ratio.shape);
    }

    [TestMethod]
    [DataRow(CorrectionMode.TokenTruncate)]
    [DataRow(CorrectionMode.TokenMask)]
    [DataRow(CorrectionMode.SequenceTruncate)]
    [DataRow(CorrectionMode.SequenceMask)]
    public void Without_bounds_nothing_is_bounded(CorrectionMode mode)
    {
        using var scope = NewDisposeScope();
        Tensor ratio = CorrectionRatio.Compute(tensor(new[,] { { 9.0, -9.0 } }), tensor(new[,] { { 0.0, -1.0 } }), ones(1, 2), new(mode, null, null));
        double[] expected = mode is CorrectionMode.TokenTruncate or CorrectionMode.TokenMask ? [Math.Exp(9), Math.Exp(-8)] : [Math.Exp(1)];
        Near.AreEqual(expected, Near.Doubles(ratio), 1e-12, mode.ToString());
    }

    [TestMethod]
    [DataRow(CorrectionMode.TokenMask)]
    [DataRow(CorrectionMode.SequenceMask)]
    public void A_ratio_on_a_bound_is_inside(CorrectionMode mode)
    {
        using var scope = NewDisposeScope();
        foreach (double difference in new[] { .3, -.3 })
        {
            double ratio = tensor(new[] { difference }).exp().item<double>();
            Assert.AreEqual(ratio, Of(difference, new(mode, ratio, ratio)));
            Assert.AreEqual(0.0, Of(difference, new(mode, null, Math.BitDecrement(ratio))));
            Assert.AreEqual(0.0, Of(difference, new(mode, Math.BitIncrement(ratio), null)));
        }

        static double Of(double difference, CorrectionSettings settings) =>
            CorrectionRatio.Compute(tensor(new[,] { { difference } }), zeros(1, 1, ScalarType.Float64), ones(1, 1), settings).item<double>();
    }

    [TestMethod]
    public void A_token_that_the_sampler_did_not_say_has_ratio_1_and_leaves_the_product_alone()
    {
        using var scope = NewDisposeScope();
        Tensor old = tensor(new[,] { { .5, .5, .5 } });
        Tensor sampler = tensor(new[,] { { .2, double.NaN, .1 } });
        Near.AreEqual([Math.Exp(.3), 1, Math.Exp(.4)], Near.Doubles(CorrectionRatio.Compute(old, sampler, ones(1, 3), new(CorrectionMode.TokenMask, null, null))), 1e-12, "tokens");
        Near.AreEqual([Math.Exp(.7)], Near.Doubles(CorrectionRatio.Compute(old, sampler, ones(1, 3), new(CorrectionMode.SequenceMask, null, null))), 1e-12, "sequence");
    }

    [TestMethod]
    public void Padding_has_ratio_1_before_it_is_bounded_and_is_bounded_like_any_other()
    {
        using var scope = NewDisposeScope();
        Tensor old = tensor(new[,] { { .5, double.PositiveInfinity } });
        Tensor ratio = CorrectionRatio.Compute(old, zeros(1, 2, ScalarType.Float64), tensor(new[,] { { 1.0, 0.0 } }), new(CorrectionMode.TokenTruncate, 1.1, 3));
        Near.AreEqual([Math.Exp(.5), 1.1], Near.Doubles(ratio), 1e-12, "ratio");
    }

    [TestMethod]
    public void What_a_first_visit_writes_back_carries_no_graph_and_gives_later_visits_the_same_numbers()
    {
        foreach (ObjectiveSettings settings in SpecExample.Everything.Where(all => all.Correction.IsOn))
        {
            using var scope = NewDisposeScope();
            LossScale scale = SpecExample.Scale with { EntropyCoefficient = .5 };
            var (first, later) = (new SpecExample(), new SpecExample());
            LossResult inline = PolicyObjective.Compute(WithEntropy(first.Inputs) with { Old = null }, settings, scale);
            Assert.IsFalse(inline.Old.requires_grad || inline.Correction!.requires_grad);
            CollectionAssert.AreEqual(Near.Doubles(first.Inputs.Lp * first.Inputs.Mask), Near.Doubles(inline.Old));

            LossResult precomputed = PolicyObjective.Compute(WithEntropy(later.Inputs) with { Old = inline.Old, Correction = inline.Correction }, settings, scale);
            Assert.AreEqual(inline.Loss.item<double>(), precomputed.Loss.item<double>());
            CollectionAssert.AreEqual(first.Gradient(inline), later.Gradient(precomputed));
            CollectionAssert.AreEqual(Near.Doubles(inline.Correction!), Near.Doubles(precomputed.Correction!));
            CollectionAssert.AreEquivalent(inline.Statistics.ToMetrics().ToArray(), precomputed.Statistics.ToMetrics().ToArray());
        }

        static LossInputs WithEntropy(LossInputs inputs) => inputs with { Entropy = SpecExample.Rows(1, 2, 3, 4, 5, 6, 7, 8) };
    }

    [TestMethod]
    public void A_given_ratio_is_not_computed_again()
    {
        using var scope = NewDisposeScope();
        var settings = new ObjectiveSettings { Correction = new(CorrectionMode.TokenTruncate, null, 3) };
        var example = new SpecExample();
        Tensor twos = full(2, 4, Scalars.Of(2), ScalarType.Float64).requires_grad_();
        LossResult result = PolicyObjective.Compute(example.Inputs with { Correction = twos }, settings, SpecExample.Scale);
        Near.AreEqual(2 * new SpecExample().Compute(new()).Loss.item<double>(), result.Loss.item<double>(), 1e-12, "loss");
        Assert.IsFalse(result.Correction!.requires_grad);
        result.Loss.backward();
        Assert.IsNull(twos.grad);
    }

    [TestMethod]
    public void Bounds_leave_out_1_only_where_it_is_outside_them_and_the_correction_is_on()
    {
        (double? Min, double? Max, bool LeavesOut)[] bounds =
            [(null, null, false), (1, 1, false), (.5, 2, false), (1.1, null, true), (null, .9, true), (1.1, 3, true), (.5, .9, true)];
        foreach (var (min, max, leavesOut) in bounds)
        {
            Assert.AreEqual(leavesOut, new CorrectionSettings(CorrectionMode.TokenMask, min, max).LeavesOutOne, $"{min} to {max}");
            Assert.IsFalse(new CorrectionSettings(CorrectionMode.Off, min, max).LeavesOutOne, $"{min} to {max}, off");
        }
    }

    [TestMethod]
    public void Without_a_correction_none_is_used()
    {
        using var scope = NewDisposeScope();
        Assert.IsNull(new SpecExample().Compute(new()).Correction);
    }
}
