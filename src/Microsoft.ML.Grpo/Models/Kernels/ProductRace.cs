using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>How long one product takes in float32 and in bfloat16 on a device.</summary>
/// <param name="Float32">Seconds.</param>
/// <param name="BFloat16">Seconds.</param>
internal readonly record struct ProductRace(double Float32, double BFloat16)
{
    private const int Rows = 512, Inputs = 1024, Outputs = 1024; // as in a block of a small model; 1 GFLOP
    private const int Repeats = 3;

    public ComputeType Faster => BFloat16 < Float32 ? ComputeType.BFloat16 : ComputeType.Float32;

    private const double Lost = 3; // times the other's time

    /// <summary>Runs it: some milliseconds, or some tenths of a second where the processor has no instructions for bfloat16.</summary>
    public static ProductRace Run(Device device)
    {
        var float32 = Time(ScalarType.Float32, device, double.PositiveInfinity);
        return new(float32, Time(ScalarType.BFloat16, device, Lost * float32));
    }

    // The least of a few, since the first lays memory out and any may be disturbed; no more of them once it is clear.
    private static double Time(ScalarType type, Device device, double enough)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (x, weight) = (ones([Rows, Inputs], type, device), ones([Outputs, Inputs], type, device));
        var least = double.PositiveInfinity;
        for (var i = 0; i <= Repeats && (i < 2 || least < enough); i++)
        {
            var watch = Stopwatch.StartNew();
            nn.functional.linear(x, weight)[0, 0].to(ScalarType.Float32).item<float>(); // waits for a GPU, too
            least = Math.Min(least, watch.Elapsed.TotalSeconds);
        }

        return least;
    }
}
