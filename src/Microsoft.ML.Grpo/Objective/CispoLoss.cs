using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// CISPO (MiniMax-M1, arXiv 2506.13585, equation 4): <c>l = -sg(min(c1, epsilonHigh)) A lp</c>. The bound is on the weight, so every token keeps
/// a gradient; it is the ratio's greatest value itself, not its distance from 1 (5 is usual).
/// </summary>
internal sealed class CispoLoss(double epsilonHigh) : PolicyLoss
{
    /// <inheritdoc/>
    internal override Tensor PerToken(RatioTerms ratio, Tensor advantages)
    {
        Tensor weight = ratio.Ratio.detach().clamp_max(Scalars.Of(epsilonHigh)); // [B, T]
        return -weight * advantages * ratio.Lp;
    }

    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) =>
        Normalisers.MeanOverRolloutTokens(perToken, mask, scale);

    /// <inheritdoc/>
    internal override void Measure(RatioTerms ratio, Tensor advantages, Tensor mask, Measurements measurements)
    {
        Tensor clipped = (ratio.Ratio > Scalars.Of(epsilonHigh)).bitwise_and(advantages > Scalars.Of(0)); // [B, T]
        measurements.AddMaskedMean("cispo_clip_ratio", clipped.to(mask.dtype), mask);
    }
}
