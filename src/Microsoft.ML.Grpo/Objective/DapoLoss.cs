using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>DAPO, arXiv 2503.14476, equation 8: <c>sum_b sum_t l_bt / sum_b |o_b|</c>, the sums over the whole rollout.</summary>
internal sealed class DapoLoss(double epsilonLow, double epsilonHigh, double? delta = null) : ClippedLoss(epsilonLow, epsilonHigh, delta)
{
    /// <inheritdoc/>
    internal override bool SharesRolloutTokens => true;

    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) =>
        Normalisers.MeanOverRolloutTokens(perToken, mask, scale);
}
