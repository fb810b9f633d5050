using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>How much of the batch the clip holds: strictly outside the range, and on the side where that stops the gradient.</summary>
internal static class ClipMetrics
{
    /// <summary>Adds <c>clip_ratio/*</c>: shares of tokens; and the least and greatest share in any one row that has tokens.</summary>
    internal static void Add(
        Measurements measurements, Tensor ratio, Tensor advantages, Tensor mask, double epsilonLow, double epsilonHigh)
    {
        Tensor low = (ratio < Scalars.Of(1 - epsilonLow)).bitwise_and(advantages < Scalars.Of(0)).to(mask.dtype) * mask;    // [B, T]
        Tensor high = (ratio > Scalars.Of(1 + epsilonHigh)).bitwise_and(advantages > Scalars.Of(0)).to(mask.dtype) * mask;  // [B, T]

        Tensor tokens = mask.sum(ScalarType.Float64);
        measurements.AddMean("clip_ratio/low_mean", low.sum(ScalarType.Float64), tokens);
        measurements.AddMean("clip_ratio/high_mean", high.sum(ScalarType.Float64), tokens);
        measurements.AddMean("clip_ratio/region_mean", (low + high).sum(ScalarType.Float64), tokens); // no token is both

        Tensor lengths = mask.sum(1); // [B]
        Tensor empty = lengths == Scalars.Of(0);  // [B], where the share is 0/0
        measurements.AddMin("clip_ratio/low_min", low.sum(1) / lengths, empty);
        measurements.AddMax("clip_ratio/high_max", high.sum(1) / lengths, empty);
    }
}
