using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// CISPO (MiniMax-M1, arXiv 2506.13585, equation 4): <c>l = -sg(min(c1, epsilonHigh)) A lp</c>. The bound is on the weight, so every token keeps
/// a gradient; it is the ratio's greatest value itself, not its distance from 1 (5 is usual).
/// </summary>
internal sealed class CispoLoss(double epsilonHigh) : PolicyLoss
{
    /// <inheritdoc/>
    internal override bool SharesRolloutTokens => true;

    /// <inheritdoc/>
    internal override Tensor PerToken(LossTerms terms)
    {
        Tensor weight = terms.Ratio.Value.detach().clamp_max(Scalars.Of(epsilonHigh)); // [B, T] or [B, 1]
        return -weight * terms.Advantages * terms.Lp;                                  // [B, T]
    }

    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) =>
        Normalisers.MeanOverRolloutTokens(perToken, mask, scale);

    /// <inheritdoc/>
    internal override void Measure(LossTerms terms, Measurements measurements)
    {
        Tensor counted = terms.Ratio.Counted;                                                                                       // [B, T] or [B, 1]
        Tensor clipped = (terms.Ratio.Value > Scalars.Of(epsilonHigh)).bitwise_and(terms.Advantages > Scalars.Of(0));
        measurements.AddMaskedMean("cispo_clip_ratio", clipped.to(counted.dtype), counted);
    }
}
