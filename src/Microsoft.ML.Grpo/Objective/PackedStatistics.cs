using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The statistics of a micro-batch, still on the device.</summary>
/// <param name="Layout">Names and kinds in order; a mean has two values, the others one.</param>
/// <param name="Values">[values] float64, no graph.</param>
internal sealed record PackedStatistics(IReadOnlyList<(string Name, MeasurementKind Kind)> Layout, Tensor Values)
{
    /// <summary>Reads them, in one transfer.</summary>
    internal LossStatistics Read()
    {
        using Tensor values = Values.cpu();
        ReadOnlySpan<double> rest = values.data<double>().ToArray();
        var measurements = new Dictionary<string, Measurement>(Layout.Count);
        foreach (var (name, kind) in Layout)
        {
            bool mean = kind == MeasurementKind.Mean;
            measurements.Add(name, new Measurement(kind, rest[0], mean ? rest[1] : 0));
            rest = rest[(mean ? 2 : 1)..];
        }

        return new LossStatistics(measurements);
    }
}
