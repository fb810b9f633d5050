using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The clipped surrogate of PPO (arXiv 1707.06347, equation 7), with a bound for each side (DAPO, arXiv 2503.14476, equation 10):
/// a ratio that has already moved as far as allowed in the direction that its advantage asks for gives no more gradient.
/// </summary>
internal abstract class ClippedLoss(double epsilonLow, double epsilonHigh) : PolicyLoss
{
    /// <inheritdoc/>
    internal override Tensor PerToken(RatioTerms ratio, Tensor advantages)
    {
        Tensor c1 = ratio.Ratio;                                 // [B, T]
        Tensor c2 = c1.clamp(Scalars.Of(1 - epsilonLow), Scalars.Of(1 + epsilonHigh));   // [B, T]
        return -minimum(c1 * advantages, c2 * advantages);
    }

    /// <inheritdoc/>
    internal override void Measure(RatioTerms ratio, Tensor advantages, Tensor mask, Measurements measurements) =>
        ClipMetrics.Add(measurements, ratio.Ratio, advantages, mask, epsilonLow, epsilonHigh);
}
