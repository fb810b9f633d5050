using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>GRPO, DeepSeekMath, arXiv 2402.03300, equation 3: <c>1/B sum_b 1/|o_b| sum_t l_bt</c>.</summary>
internal sealed class GrpoLoss(double epsilonLow, double epsilonHigh, double? delta = null) : ClippedLoss(epsilonLow, epsilonHigh, delta)
{
    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) =>
        Normalisers.MeanOverRows(perToken, mask, scale);
}
