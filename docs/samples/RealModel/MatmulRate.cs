using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace RealModel;

/// <summary>What the machine can do at the moment: a time is worth nothing without it.</summary>
internal static class MatmulRate
{
    private const int Size = 2048;
    private const int Tries = 5;

    /// <summary>Square float32 matrix products on the threads that are set: floating-point operations a second, the best of several.</summary>
    public static double Measure()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (a, b) = (ones([Size, Size]), ones([Size, Size]));
        a.mm(b).Dispose(); // the first touches fresh memory
        return 2.0 * Size * Size * Size / Enumerable.Range(0, Tries).Min(_ => Seconds(() => a.mm(b).Dispose()));
    }

    private static double Seconds(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalSeconds;
    }
}
