using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A policy loss: what a token adds, and how the tokens become one number.</summary>
public abstract class PolicyLoss
{
    private protected PolicyLoss()
    {
    }

    /// <summary>What it asks of the passes before it.</summary>
    internal virtual LossContract Contract => LossContract.AnyRoute;

    /// <summary>A loss of your own, for <see cref="LossOptions.Custom"/>.</summary>
    /// <param name="name">Its name, for the log.</param>
    /// <param name="perToken">
    /// The term of each token, [B, T] or [B, 1], with graph, from its terms. Sums of it over tokens are minimised. The correction for the
    /// sampler, the masks and the KL term are applied afterwards, as for the built-in losses. Run with gradients, on the training thread.
    /// </param>
    /// <param name="mean">How the terms become one number.</param>
    /// <param name="contract">What it asks of the passes before it.</param>
    /// <exception cref="ArgumentException">The name is empty, or an enumeration has no such member.</exception>
    public static PolicyLoss Custom(string name, Func<PolicyLossTerms, Tensor> perToken, LossMean mean = LossMean.RolloutTokens, LossContract contract = LossContract.AnyRoute) =>
        throw new NotImplementedException();

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
