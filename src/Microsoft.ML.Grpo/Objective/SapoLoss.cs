using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// SAPO (soft adaptive policy optimisation, arXiv 2511.20347): <c>l = -A 4/tau sigmoid(tau (c1 - 1))</c>. A soft gate in place of the clip: slope 1
/// on-policy, fading as the ratio moves away, faster for the larger temperature of advantages that are not positive.
/// </summary>
internal sealed class SapoLoss(double temperaturePositive, double temperatureNegative) : PolicyLoss
{
    /// <inheritdoc/>
    internal override Tensor PerToken(LossTerms terms)
    {
        Tensor tau = BySign.Choose(terms.Advantages, terms.Advantages > Scalars.Of(0), temperaturePositive, temperatureNegative);   // [B, 1]
        return -terms.Advantages * (Scalars.Of(4) / tau) * (tau * (terms.Ratio.Value - Scalars.Of(1))).sigmoid();                   // [B, T] or [B, 1]
    }

    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) =>
        Normalisers.MeanOverRows(perToken, mask, scale);
}
