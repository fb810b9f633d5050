using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>DAPO's token mean over the slice's tokens instead of the rollout's: <c>sum l / sum_b |o_b|</c>, the sums over one slice.</summary>
internal sealed class BnpoLoss(double epsilonLow, double epsilonHigh, double? delta = null) : ClippedLoss(epsilonLow, epsilonHigh, delta)
{
    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) =>
        Normalisers.MeanOverSliceTokens(perToken, mask, scale);
}
