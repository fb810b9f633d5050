using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The policy ratio before any clip: how far the policy has moved away from its own samples.</summary>
internal static class RatioMetrics
{
    /// <summary>Adds <c>ratio/min</c>, <c>ratio/mean</c> and <c>ratio/max</c> (our names) over the masked tokens, or over completions at <see cref="RatioLevel.Sequence"/>; all are 1 on-policy.</summary>
    internal static void Add(Measurements measurements, RatioTerms ratio)
    {
        Tensor leftOut = ratio.Counted == Scalars.Of(0); // [B, T] or [B, 1]
        measurements.AddMin("ratio/min", ratio.Value, leftOut);
        measurements.AddMaskedMean("ratio/mean", ratio.Value, ratio.Counted);
        measurements.AddMax("ratio/max", ratio.Value, leftOut);
    }
}
