using TorchSharp;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class LossStatisticsTests
{
    [TestMethod]
    public void Means_add_up_by_their_counts_and_extremes_by_comparison()
    {
        LossStatistics both = Of((MeasurementKind.Mean, 6, 3), (MeasurementKind.Sum, 4, 0), (MeasurementKind.Min, .5, 0), (MeasurementKind.Max, 2, 0))
            + Of((MeasurementKind.Mean, 1, 4), (MeasurementKind.Sum, -1, 0), (MeasurementKind.Min, .25, 0), (MeasurementKind.Max, 1, 0));
        var metrics = both.ToMetrics();
        Assert.AreEqual(1.0, metrics["Mean"]);
        Assert.AreEqual(3.0, metrics["Sum"]);
        Assert.AreEqual(.25, metrics["Min"]);
        Assert.AreEqual(2.0, metrics["Max"]);
    }

    [TestMethod]
    public void Nothing_measured_has_a_mean_of_0_and_no_extremes()
    {
        var metrics = Of((MeasurementKind.Mean, 0, 0), (MeasurementKind.Min, double.PositiveInfinity, 0), (MeasurementKind.Max, double.NegativeInfinity, 0)).ToMetrics();
        Assert.AreEqual(0.0, metrics["Mean"]);
        Assert.IsTrue(double.IsNaN(metrics["Min"]) && double.IsNaN(metrics["Max"]));
    }

    [TestMethod]
    public void The_empty_statistics_change_nothing_on_either_side()
    {
        LossStatistics some = Of((MeasurementKind.Mean, 6, 3), (MeasurementKind.Max, -1, 0));
        CollectionAssert.AreEquivalent(some.Measurements.ToArray(), (some + LossStatistics.Empty).Measurements.ToArray());
        CollectionAssert.AreEquivalent(some.Measurements.ToArray(), (LossStatistics.Empty + some).Measurements.ToArray());
    }

    [TestMethod]
    public void A_ratio_that_is_not_a_number_stays_visible_in_the_sum()
    {
        LossStatistics sum = Of((MeasurementKind.Min, double.NaN, 0), (MeasurementKind.Max, double.NaN, 0)) + Of((MeasurementKind.Min, 1, 0), (MeasurementKind.Max, 1, 0));
        Assert.IsTrue(double.IsNaN(sum.ToMetrics()["Min"]) && double.IsNaN(sum.ToMetrics()["Max"]));
    }

    [TestMethod]
    public void What_is_collected_on_the_device_is_read_back_in_order()
    {
        using var scope = torch.NewDisposeScope();
        var collected = new Measurements();
        torch.Tensor values = torch.tensor(new double[] { 3, 1, 2 });
        torch.Tensor leftOut = torch.tensor(new[] { true, false, false });
        collected.AddMin("least", values, leftOut);
        collected.AddMaskedMean("mean", values, torch.tensor(new double[] { 1, 0, 1 }));
        collected.AddSum("share", values.sum());
        collected.AddMax("greatest", values, leftOut);
        var read = collected.Pack().Read().Measurements;
        Assert.AreEqual(new Measurement(MeasurementKind.Min, 1, 0), read["least"]);
        Assert.AreEqual(new Measurement(MeasurementKind.Mean, 5, 2), read["mean"]);
        Assert.AreEqual(new Measurement(MeasurementKind.Sum, 6, 0), read["share"]);
        Assert.AreEqual(new Measurement(MeasurementKind.Max, 2, 0), read["greatest"]);
    }

    [TestMethod]
    public void They_are_read_from_the_device_once()
    {
        using var scope = torch.NewDisposeScope();
        LossResult result = new SpecExample().Compute(new());
        LossStatistics read = result.Statistics;
        result.Packed.Values.Dispose();
        Assert.AreSame(read, result.Statistics);
    }

    [TestMethod]
    public void The_entropy_that_a_bonus_is_paid_for_adds_up_and_is_no_metric()
    {
        LossStatistics Paid(double sum, double tokens) => new(new Dictionary<string, Measurement> { [LossStatistics.EntropyOfBonus] = new(MeasurementKind.Mean, sum, tokens) });
        LossStatistics both = Paid(3, 2) + Paid(4, 5) + Of((MeasurementKind.Sum, 1, 0));
        Assert.AreEqual((7.0, 7.0), both.BonusEntropy);
        CollectionAssert.AreEqual(new[] { "Sum" }, both.ToMetrics().Keys.ToArray());
        Assert.AreEqual((0.0, 0.0), LossStatistics.Empty.BonusEntropy);
    }

    private static LossStatistics Of(params (MeasurementKind Kind, double Value, double Count)[] measured) =>
        new(measured.ToDictionary(one => one.Kind.ToString(), one => new Measurement(one.Kind, one.Value, one.Count)));
}
