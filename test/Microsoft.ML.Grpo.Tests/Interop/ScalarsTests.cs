using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ScalarsTests
{
    // With temporary scalars instead, this failed within a second, while another thread collected garbage.
    private const int Calls = 50_000;

    [TestMethod]
    [DoNotParallelize]
    public void A_number_handed_to_an_operator_is_not_freed_in_mid_call()
    {
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            using var two = ones(1).Plus(ones(1));
            for (var i = 0; i < Calls; i++)
            {
                using var product = two * Scalars.Of(0.5);
                using var power = two.pow(Scalars.Of(3));
                using var sum = two.Plus(power);
            }
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }
    }

    [TestMethod]
    public void Numbers_keep_their_type_and_value()
    {
        using var half = ones(1, ScalarType.Float64) * Scalars.Of(0.1);
        Assert.AreEqual(0.1, half.item<double>());
        using var large = zeros(1, ScalarType.Int64).Plus(Scalars.Of((1L << 53) + 1));
        Assert.AreEqual((1L << 53) + 1, large.item<long>());
    }
}
