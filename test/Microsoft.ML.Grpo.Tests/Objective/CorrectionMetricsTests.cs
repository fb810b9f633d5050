using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class CorrectionMetricsTests
{
    private static readonly double[] Differences = [.3, 0, -.3, .4, -.2, 0, -.4]; // old - sampler of the worked example

    private static double[] Ratios => [.. Differences.Select(Math.Exp)];

    [TestMethod]
    public void The_printed_values_are_met()
    {
        var metrics = Of(new(CorrectionMode.TokenTruncate, null, 3));
        Near.AreEqual(.228571, metrics["sampling/sampling_logp_difference/mean"], 1e-6, "difference mean");
        Near.AreEqual(.4, metrics["sampling/sampling_logp_difference/max"], 1e-12, "difference max");
        Near.AreEqual(.670320, metrics["sampling/importance_sampling_ratio/min"], 1e-6, "min");
        Near.AreEqual(1.010222, metrics["sampling/importance_sampling_ratio/mean"], 1e-6, "mean");
        Near.AreEqual(1.491825, metrics["sampling/importance_sampling_ratio/max"], 1e-6, "max");
        Assert.AreEqual(0.0, metrics["sampling/share_truncated"]);
    }

    [TestMethod]
    public void Divergence_and_effective_size_are_those_of_the_unbounded_ratios()
    {
        var metrics = Of(new(CorrectionMode.TokenMask, .8, 1.2));
        Near.AreEqual(Differences.Average(g => Math.Exp(g) - g - 1), metrics["sampling/kl"], 1e-12, "kl");
        Near.AreEqual(Ratios.Sum() * Ratios.Sum() / Ratios.Sum(r => r * r) / 7, metrics["sampling/effective_sample_size"], 1e-12, "effective size");
        Near.AreEqual(Ratios.Min(), metrics["sampling/ratio_unbounded/min"], 1e-12, "min");
        Near.AreEqual(Ratios.Average(), metrics["sampling/ratio_unbounded/mean"], 1e-12, "mean");
        Near.AreEqual(Ratios.Max(), metrics["sampling/ratio_unbounded/max"], 1e-12, "max");
        Near.AreEqual(4 / 7.0, metrics["sampling/share_masked"], 1e-12, "share");
        Near.AreEqual((1 + Math.Exp(-.2) + 1) / 7, metrics["sampling/importance_sampling_ratio/mean"], 1e-12, "bounded mean");
        Assert.AreEqual(0.0, metrics["sampling/importance_sampling_ratio/min"]);
        Assert.AreEqual(1.0, metrics["sampling/importance_sampling_ratio/max"]);
        Assert.IsFalse(metrics.ContainsKey("sampling/share_truncated"));
    }

    [TestMethod]
    [DataRow(CorrectionMode.SequenceTruncate, "sampling/share_truncated", .9)]
    [DataRow(CorrectionMode.SequenceMask, "sampling/share_masked", 0.0)]
    public void Ratios_of_sequences_are_counted_by_row(CorrectionMode mode, string share, double bounded)
    {
        var metrics = Of(new(mode, .9, 3));
        double second = Math.Exp(-.2);
        Near.AreEqual(second, metrics["sampling/ratio_unbounded/min"], 1e-12, "unbounded min");
        Near.AreEqual((1 + second) / 2, metrics["sampling/ratio_unbounded/mean"], 1e-12, "unbounded mean");
        Near.AreEqual(1, metrics["sampling/ratio_unbounded/max"], 1e-12, "unbounded max");
        Near.AreEqual((1 + second) * (1 + second) / (1 + (second * second)) / 2, metrics["sampling/effective_sample_size"], 1e-12, "effective size");
        Near.AreEqual(bounded, metrics["sampling/importance_sampling_ratio/min"], 1e-12, "min");
        Near.AreEqual((1 + bounded) / 2, metrics["sampling/importance_sampling_ratio/mean"], 1e-12, "mean");
        Assert.AreEqual(.5, metrics[share]);
        Near.AreEqual(Differences.Average(Math.Abs), metrics["sampling/sampling_logp_difference/mean"], 1e-12, "differences stay those of tokens");
        Assert.HasCount(11, metrics);
    }

    [TestMethod]
    public void Without_a_correction_only_the_mismatch_is_measured()
    {
        string[] expected =
        [
            "sampling/sampling_logp_difference/mean", "sampling/sampling_logp_difference/max", "sampling/kl", "sampling/effective_sample_size",
            "sampling/ratio_unbounded/min", "sampling/ratio_unbounded/mean", "sampling/ratio_unbounded/max",
        ];
        var metrics = Of(CorrectionSettings.Off);
        CollectionAssert.AreEquivalent(expected, metrics.Keys.ToArray());
        Near.AreEqual(Ratios.Max(), metrics["sampling/ratio_unbounded/max"], 1e-12, "of tokens");
    }

    [TestMethod]
    public void A_token_that_the_sampler_did_not_say_is_left_out_of_the_difference_and_counts_with_ratio_1()
    {
        using var scope = NewDisposeScope();
        Tensor sampler = SpecExample.Rows(-.9, -1, -.6, 0, double.NaN, -.5, -1.3, double.NaN);
        var metrics = Of(new(CorrectionMode.TokenTruncate, null, 3), sampler);
        Near.AreEqual((.3 + 0 + .3 + .2 + 0) / 5, metrics["sampling/sampling_logp_difference/mean"], 1e-12, "mean");
        Near.AreEqual(.3, metrics["sampling/sampling_logp_difference/max"], 1e-12, "max");
        double[] known = [.3, 0, -.3, -.2, 0];
        Near.AreEqual(known.Average(g => Math.Exp(g) - g - 1), metrics["sampling/kl"], 1e-12, "kl");
        Near.AreEqual((known.Sum(Math.Exp) + 2) / 7, metrics["sampling/importance_sampling_ratio/mean"], 1e-12, "ratio mean");
    }

    [TestMethod]
    public void The_ratio_that_was_used_is_measured_where_it_is_given()
    {
        using var scope = NewDisposeScope();
        var metrics = Of(new(CorrectionMode.TokenTruncate, null, 3), rho: full(2, 4, Scalars.Of(.5), ScalarType.Float64));
        Assert.AreEqual(.5, metrics["sampling/importance_sampling_ratio/max"]);
        Assert.AreEqual(0.0, metrics["sampling/share_truncated"], "No ratio is outside.");
        Near.AreEqual(Ratios.Max(), metrics["sampling/ratio_unbounded/max"], 1e-12, "unbounded");
    }

    [TestMethod]
    [DataRow(CorrectionMode.SequenceTruncate, "sampling/share_truncated")]
    [DataRow(CorrectionMode.SequenceMask, "sampling/share_masked")]
    public void Ratios_that_were_summed_over_another_width_and_so_rounded_otherwise_are_not_counted_as_bounded(CorrectionMode mode, string share)
    {
        using var scope = NewDisposeScope();
        CorrectionSettings settings = new(mode, 1e-6, 1e6);
        const int rows = 48, width = 256;
        var random = new RunRandom(5);
        double[] Drawn(int draw) => [.. Enumerable.Range(0, rows * width).Select(i => .4 * (random.Uniform(DrawPurpose.Check, draw, i / width, 0, i % width) - .5))];
        Tensor Padded(double[] values) => tensor(values, ScalarType.Float32).reshape(rows, width);
        var (old, sampler) = (Padded(Drawn(0)), Padded(Drawn(1)));
        Tensor mask = tensor([.. Enumerable.Range(0, rows * width).Select(i => i % width < Length(i / width) ? 1.0 : 0)], ScalarType.Float32).reshape(rows, width);

        // Each row alone, at its own width, as a micro-batch of one row has it.
        Tensor alone = cat([.. Enumerable.Range(0, rows).Select(row => CorrectionRatio.Compute(Alone(old, row), Alone(sampler, row), Alone(mask, row), settings))], 0);
        Tensor together = CorrectionRatio.Compute(old, sampler, mask, settings);
        Assert.IsGreaterThan(0, alone.ne(together).count_nonzero().item<long>(), "Otherwise there is nothing to mistake.");
        Assert.AreEqual(0.0, CorrectionMetrics.Measure(old, sampler, mask, alone, settings)[share]);

        // Half of the rows outside: the count is exact too.
        double middle = Near.Doubles(together.flatten()).Order().Skip((rows / 2) - 1).Take(2).Average();
        Assert.AreEqual(.5, CorrectionMetrics.Measure(old, sampler, mask, alone, settings with { MaxRatio = middle })[share]);

        static int Length(int row) => 20 + (row * 37 % (width - 20));
        static Tensor Alone(Tensor whole, int row) => whole.narrow(0, row, 1).narrow(1, 0, Length(row));
    }

    [TestMethod]
    public void What_stands_at_padding_does_not_matter()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        Tensor padding = inputs.Mask == Scalars.Of(0);
        foreach (CorrectionSettings settings in SpecExample.Corrections)
        {
            var clean = CorrectionMetrics.Measure(inputs.Old!, inputs.Sampler!, inputs.Mask, null, settings);
            var dirty = CorrectionMetrics.Measure(
                inputs.Old!.masked_fill(padding, Scalars.Of(double.PositiveInfinity)), inputs.Sampler!.masked_fill(padding, Scalars.Of(double.NegativeInfinity)), inputs.Mask.to(ScalarType.Bool), null, settings);
            CollectionAssert.AreEquivalent(clean.ToArray(), dirty.ToArray());
        }
    }

    [TestMethod]
    public void Of_no_token_there_is_nothing_to_measure()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        var metrics = CorrectionMetrics.Measure(inputs.Old!, inputs.Sampler!, zeros(2, 4), null, new(CorrectionMode.TokenMask, null, 3));
        Assert.IsTrue(double.IsNaN(metrics["sampling/effective_sample_size"]) && double.IsNaN(metrics["sampling/ratio_unbounded/min"]));
        string[] references = ["sampling_logp_difference/mean", "sampling_logp_difference/max", "importance_sampling_ratio/min", "importance_sampling_ratio/mean", "importance_sampling_ratio/max"];
        Assert.IsTrue(references.All(name => metrics["sampling/" + name] == 0), "The reference says 0.");
    }

    [TestMethod]
    public void It_leaves_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        long before = scope.DisposablesCount;
        CorrectionMetrics.Measure(inputs.Old!, inputs.Sampler!, inputs.Mask, null, SpecExample.Corrections[0]);
        Assert.AreEqual(before, scope.DisposablesCount);
    }

    private static IReadOnlyDictionary<string, double> Of(CorrectionSettings settings, Tensor? sampler = null, Tensor? rho = null)
    {
        using var scope = NewDisposeScope();
        LossInputs inputs = new SpecExample().Inputs;
        return CorrectionMetrics.Measure(inputs.Old!, sampler ?? inputs.Sampler!, inputs.Mask, rho, settings);
    }
}
