using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>How much of the batch the clip holds: strictly outside the range, and on the side where that stops the gradient.</summary>
internal static class ClipMetrics
{
    /// <summary>Adds <c>clip_ratio/*</c>: shares of tokens (of completions at <see cref="RatioLevel.Sequence"/>); and the least and greatest share in any one row that has some.</summary>
    internal static void Add(Measurements measurements, RatioTerms ratio, Tensor advantages, double epsilonLow, double epsilonHigh)
    {
        Tensor counted = ratio.Counted;                                                                                                      // [B, T] or [B, 1]
        Tensor low = (ratio.Value < Scalars.Of(1 - epsilonLow)).bitwise_and(advantages < Scalars.Of(0)).to(counted.dtype) * counted;
        Tensor high = (ratio.Value > Scalars.Of(1 + epsilonHigh)).bitwise_and(advantages > Scalars.Of(0)).to(counted.dtype) * counted;

        Tensor count = counted.sum(ScalarType.Float64);
        measurements.AddMean("clip_ratio/low_mean", low.sum(ScalarType.Float64), count);
        measurements.AddMean("clip_ratio/high_mean", high.sum(ScalarType.Float64), count);
        measurements.AddMean("clip_ratio/region_mean", low.Plus(high).sum(ScalarType.Float64), count); // no token is both

        Tensor lengths = counted.sum(1);            // [B]
        Tensor empty = lengths == Scalars.Of(0);    // [B], where the share is 0/0
        measurements.AddMin("clip_ratio/low_min", low.sum(1) / lengths, empty);
        measurements.AddMax("clip_ratio/high_max", high.sum(1) / lengths, empty);
    }
}
