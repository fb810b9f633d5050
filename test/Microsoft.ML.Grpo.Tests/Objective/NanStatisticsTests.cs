namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class NanStatisticsTests
{
    // Their squares have no room for the ones: E[x²] - mean² would be rounding alone.
    [TestMethod]
    public void Values_far_from_0_have_their_spread_to_the_bit()
    {
        double[] values = [8e15, 8e15 + 1, 8e15 + 2];
        Assert.AreEqual(8e15 + 1, NanStatistics.Mean(values));
        Assert.AreEqual(1.0, NanStatistics.Std(values));
    }
}
