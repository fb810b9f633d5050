using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A policy loss: what a token adds, and how the tokens become one number.</summary>
internal abstract class PolicyLoss
{
    /// <summary>The term of each token.</summary>
    /// <param name="ratio">The policy ratio and what it is made of.</param>
    /// <param name="advantages">[B, 1].</param>
    /// <returns>[B, T], with graph; finite at padding, where it is not used.</returns>
    internal abstract Tensor PerToken(RatioTerms ratio, Tensor advantages);

    /// <summary>The micro-batch's share of the update's loss.</summary>
    /// <param name="perToken">[B, T] the terms, KL included.</param>
    /// <param name="mask">[B, T] 1 = the token counts.</param>
    /// <param name="scale">The slice's denominators.</param>
    /// <returns>A scalar.</returns>
    internal abstract Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale);

    /// <summary>Adds the metrics that only this loss has; by default none. Runs without a graph.</summary>
    internal virtual void Measure(RatioTerms ratio, Tensor advantages, Tensor mask, Measurements measurements)
    {
    }

    /// <summary>The loss that the settings name.</summary>
    internal static PolicyLoss For(ObjectiveSettings settings) => settings.LossType switch
    {
        LossType.Dapo => new DapoLoss(settings.EpsilonLow, settings.EpsilonHigh),
        LossType.Grpo => new GrpoLoss(settings.EpsilonLow, settings.EpsilonHigh),
        _ => throw new ArgumentOutOfRangeException(
            nameof(settings), settings.LossType, $"LossType is none of {string.Join(", ", Enum.GetNames<LossType>())}. Set one of them."),
    };
}
