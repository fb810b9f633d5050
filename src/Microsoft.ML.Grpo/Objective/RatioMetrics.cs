using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The policy ratio before any clip: how far the policy has moved away from its own samples.</summary>
internal static class RatioMetrics
{
    /// <summary>Adds <c>ratio/min</c>, <c>ratio/mean</c> and <c>ratio/max</c> over the masked tokens (our names); all are 1 on-policy.</summary>
    internal static void Add(Measurements measurements, Tensor ratio, Tensor mask)
    {
        Tensor padding = mask == Scalars.Of(0); // [B, T]
        measurements.AddMin("ratio/min", ratio, padding);
        measurements.AddMaskedMean("ratio/mean", ratio, mask);
        measurements.AddMax("ratio/max", ratio, padding);
    }
}
