using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A loss from outside that is never asked for its terms.</summary>
internal sealed class UnusedLoss(LossContract contract = LossContract.AnyRoute) : PolicyLoss
{
    internal override LossContract Contract => contract;

    internal override Tensor PerToken(LossTerms terms) => throw new InvalidOperationException("No loss is computed here.");

    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) => throw new InvalidOperationException("No loss is computed here.");
}
