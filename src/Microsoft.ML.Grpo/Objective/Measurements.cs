using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Collects measurements as scalars on the device, to be read all together: every single read waits for the device.</summary>
internal sealed class Measurements
{
    private readonly List<(string Name, MeasurementKind Kind)> _layout = [];
    private readonly List<Tensor> _scalars = [];

    /// <summary>A mean: its sum and the count that it is over, both scalars.</summary>
    internal void AddMean(string name, Tensor sum, Tensor count) => Add(name, MeasurementKind.Mean, sum, count);

    /// <summary>A mean over the masked places of [B, T].</summary>
    internal void AddMaskedMean(string name, Tensor values, Tensor mask) =>
        AddMean(name, (values * mask).sum(ScalarType.Float64), mask.sum(ScalarType.Float64));

    /// <summary>A share of a sum, a scalar.</summary>
    internal void AddSum(string name, Tensor share) => Add(name, MeasurementKind.Sum, share);

    /// <summary>The least of the values at the places that <paramref name="leftOut"/>, a bool of the same shape, does not leave out.</summary>
    internal void AddMin(string name, Tensor values, Tensor leftOut) =>
        Add(name, MeasurementKind.Min, values.masked_fill(leftOut, Scalars.Of(double.PositiveInfinity)).flatten().amin([0]));

    /// <summary>The greatest of the values at the places that <paramref name="leftOut"/>, a bool of the same shape, does not leave out.</summary>
    internal void AddMax(string name, Tensor values, Tensor leftOut) =>
        Add(name, MeasurementKind.Max, values.masked_fill(leftOut, Scalars.Of(double.NegativeInfinity)).flatten().amax([0]));

    /// <summary>All of them in one tensor, owned by the current dispose scope.</summary>
    internal PackedStatistics Pack() => new(_layout, stack(_scalars).detach());

    private void Add(string name, MeasurementKind kind, params ReadOnlySpan<Tensor> scalars)
    {
        _layout.Add((name, kind));
        foreach (Tensor scalar in scalars)
        {
            _scalars.Add(scalar.to(ScalarType.Float64));
        }
    }
}
