using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// LUSPO (length-unbiased sequence policy optimisation, arXiv 2602.05261): <c>1/B sum_b |o_b| l_b</c>; with a ratio per token, <c>1/B sum_b sum_t l_bt</c>.
/// </summary>
internal sealed class LuspoLoss(double epsilonLow, double epsilonHigh, double? delta = null) : ClippedLoss(epsilonLow, epsilonHigh, delta)
{
    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) =>
        Normalisers.MeanOfRowSums(perToken, mask, scale);
}
