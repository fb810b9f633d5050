using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>What the machine can do at the moment that something is measured: times are worth nothing without it.</summary>
internal static class Machine
{
    private const int Size = 2048;
    private const int BandwidthNumbers = 1 << 28; // 1 GB

    /// <summary>Float32 matrix products, in floating-point operations a second: the best of several.</summary>
    public static double MatmulRate()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (a, b) = (ones([Size, Size]), ones([Size, Size]));
        return 2.0 * Size * Size * Size / Best(() => a.mm(b).Dispose());
    }

    /// <summary>Reading memory, in bytes a second: the best of several sums over a gigabyte.</summary>
    public static double Bandwidth()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var numbers = ones([BandwidthNumbers]);
        return sizeof(float) * (double)BandwidthNumbers / Best(() => numbers.sum().Dispose());
    }

    /// <summary>Seconds that something takes.</summary>
    public static double Time(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalSeconds;
    }

    /// <summary>The middle one.</summary>
    public static double Median(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>A ratio's middle, and its least and greatest.</summary>
    public static string[] Spread(IReadOnlyCollection<double> ratios) => [Ratio(Median(ratios)), $"{Ratio(ratios.Min())} to {Ratio(ratios.Max())}"];

    /// <summary>Two digits.</summary>
    public static string Ratio(double ratio) => ratio.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>A whole number.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>The small real model that lies beside a checkout.</summary>
    public static string FindModel()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string models = Path.Combine(folder.FullName, "shared", "goldens", "smollm2");
            if (Directory.Exists(models))
            {
                return Directory.EnumerateFiles(models, "*.gguf").Single();
            }
        }

        throw new DirectoryNotFoundException("No folder above holds shared/goldens/smollm2. Give a GGUF file: --model FILE.");
    }

    private static double Best(Action action)
    {
        action();
        return Enumerable.Range(0, 5).Min(_ => Time(action));
    }
}
