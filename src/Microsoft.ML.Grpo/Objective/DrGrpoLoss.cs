using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Dr. GRPO, arXiv 2503.20783: <c>1/B sum_b 1/L sum_t l_bt</c>, L a constant, not the completion's length.</summary>
internal sealed class DrGrpoLoss(double epsilonLow, double epsilonHigh, double? delta = null) : ClippedLoss(epsilonLow, epsilonHigh, delta)
{
    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) =>
        Normalisers.MeanOverAllowedTokens(perToken, mask, scale);
}
