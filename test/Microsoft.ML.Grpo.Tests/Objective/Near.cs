using System.Globalization;
using TorchSharp;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Comparisons with a stated bound, absolute or relative.</summary>
internal static class Near
{
    internal static void AreEqual(double expected, double actual, double bound, string what)
    {
        bool near = double.IsNaN(expected)
            ? double.IsNaN(actual)
            : Math.Abs(expected - actual) <= bound * Math.Max(1, Math.Abs(expected));
        Assert.IsTrue(near, string.Create(CultureInfo.InvariantCulture, $"{what}: expected {expected:R}, got {actual:R}, bound {bound}"));
    }

    internal static void AreEqual(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double bound, string what)
    {
        Assert.AreEqual(expected.Length, actual.Length, what);
        for (int i = 0; i < expected.Length; i++)
        {
            AreEqual(expected[i], actual[i], bound, $"{what}[{i}]");
        }
    }

    internal static double[] Doubles(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.detach().to(torch.ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
    }
}
