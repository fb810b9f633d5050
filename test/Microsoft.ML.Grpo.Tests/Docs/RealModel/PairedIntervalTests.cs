using RealModel;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PairedIntervalTests
{
    [TestMethod]
    [DataRow(1, 12.7062047362)]
    [DataRow(2, 4.3026527297)]
    [DataRow(3, 3.1824463053)]
    [DataRow(10, 2.2281388520)]
    [DataRow(49, 2.0095752371)]
    [DataRow(99, 1.9842169515)]
    [DataRow(100_000, 1.9599877077)]
    public void The_quantile_is_that_of_the_tables(int freedom, double quantile) => Assert.AreEqual(quantile, PairedInterval.Quantile(freedom), 1e-9);

    [TestMethod]
    public void It_is_the_mean_difference_plus_or_minus_so_many_standard_errors()
    {
        // Differences 0, 0.25, 0.5, 0.25: mean 0.25, standard deviation sqrt(0.125 / 3), standard error sqrt(0.125 / 12).
        var interval = PairedInterval.Of([0, 0.25, 0.5, 0.75], [0, 0.5, 1, 1])!;
        var half = 3.1824463053 * Math.Sqrt(0.125 / 12);
        Assert.AreEqual(0.25, interval.Mean, 1e-12);
        Assert.AreEqual(0.25 - half, interval.Low, 1e-9);
        Assert.AreEqual(0.25 + half, interval.High, 1e-9);
    }

    [TestMethod]
    public void Pairs_take_out_what_differs_between_problems()
    {
        double[] before = [0, 0.5, 1, 0, 0.5];
        var interval = PairedInterval.Of(before, [.. before.Select(b => b + 0.1)])!;
        Assert.AreEqual(0.1, interval.Low, 1e-9);
        Assert.AreEqual(0.1, interval.High, 1e-9);
    }

    [TestMethod]
    public void One_problem_has_no_interval_and_other_problems_are_refused()
    {
        Assert.IsNull(PairedInterval.Of([0], [1]));
        Assert.ThrowsExactly<ArgumentException>(() => PairedInterval.Of([0, 1], [1]));
    }
}
