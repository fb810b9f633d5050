using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The clipped surrogate of PPO (arXiv 1707.06347, equation 7), with a bound for each side (DAPO, arXiv 2503.14476, equation 10):
/// a ratio that has already moved as far as allowed in the direction that its advantage asks for gives no more gradient.
/// <c>delta</c>, or null, bounds the ratio where the clip does not: far above the range, with a negative advantage (two-sided clip,
/// INTELLECT-2, arXiv 2505.07291).
/// </summary>
internal abstract class ClippedLoss(double epsilonLow, double epsilonHigh, double? delta) : PolicyLoss
{
    /// <inheritdoc/>
    internal override Tensor PerToken(LossTerms terms)
    {
        Tensor c1 = Bounded(terms.Ratio.Value);                                                         // [B, T] or [B, 1]
        Tensor c2 = terms.Ratio.Value.clamp(Scalars.Of(1 - epsilonLow), Scalars.Of(1 + epsilonHigh));   // same, of the ratio before delta
        return -minimum(c1 * terms.Advantages, c2 * terms.Advantages);
    }

    /// <inheritdoc/>
    internal override void Measure(LossTerms terms, Measurements measurements) => ClipMetrics.Add(
        measurements, terms.Ratio with { Value = Bounded(terms.Ratio.Value) }, terms.Advantages, epsilonLow, epsilonHigh);

    private Tensor Bounded(Tensor ratio) => delta is { } greatest ? ratio.clamp_max(Scalars.Of(greatest)) : ratio;
}
