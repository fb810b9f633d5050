using System.Runtime.CompilerServices;
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

    /// <summary>Whether it reads the IS ratio itself; else the ratio multiplies what <see cref="PerToken"/> returns.</summary>
    internal virtual bool PlacesCorrection => false;

    /// <summary>Whether it is divided by the rollout's tokens, which hold the share of each slice; else by a slice's denominator and the number of slices.</summary>
    internal virtual bool SharesRolloutTokens => false;

    /// <summary>A loss of your own, for <see cref="LossOptions.Custom"/>.</summary>
    /// <param name="name">Its name, for the log.</param>
    /// <param name="perToken">
    /// The term of each token, [B, T] or [B, 1], with graph, from its terms. Sums of it over tokens are minimised. The correction for the
    /// sampler, the masks and the KL term are applied afterwards, as for the built-in losses. Run with gradients, on the training thread.
    /// A completion may have no token that carries loss: its term counts nothing and its log-probs get the gradient 0, be the term finite or not.
    /// </param>
    /// <param name="mean">How the terms become one number.</param>
    /// <param name="contract">What it asks of the passes before it.</param>
    /// <returns>The loss.</returns>
    /// <exception cref="ArgumentException">The name is empty, or an enumeration has no such member.</exception>
    /// <exception cref="ArgumentNullException">The name or the function is null.</exception>
    public static PolicyLoss Custom(string name, Func<PolicyLossTerms, Tensor> perToken, LossMean mean = LossMean.RolloutTokens, LossContract contract = LossContract.AnyRoute)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(perToken);
        return new CustomLoss(name, perToken, Known(mean), Known(contract));
    }

    /// <summary>The term of each token.</summary>
    /// <param name="terms">The policy ratio, what it is made of, and the advantages.</param>
    /// <returns>[B, T] or [B, 1], with graph; finite at padding and for a row of padding alone, where it is not used.</returns>
    internal abstract Tensor PerToken(LossTerms terms);

    /// <summary>The micro-batch's share of the update's loss.</summary>
    /// <param name="perToken">[B, T] or [B, 1] the terms, KL included.</param>
    /// <param name="mask">[B, T] 1 = the token counts.</param>
    /// <param name="scale">The slice's denominators.</param>
    /// <returns>A scalar.</returns>
    internal abstract Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale);

    /// <summary>Adds the metrics that only this loss has; by default none. Runs without a graph.</summary>
    internal virtual void Measure(LossTerms terms, Measurements measurements)
    {
    }

    /// <summary>The loss that the settings name.</summary>
    internal static PolicyLoss For(ObjectiveSettings settings) => settings.CustomLoss ?? settings.LossType switch
    {
        LossType.Dapo => new DapoLoss(settings.EpsilonLow, settings.EpsilonHigh, settings.Delta),
        LossType.Grpo => new GrpoLoss(settings.EpsilonLow, settings.EpsilonHigh, settings.Delta),
        LossType.Bnpo => new BnpoLoss(settings.EpsilonLow, settings.EpsilonHigh, settings.Delta),
        LossType.DrGrpo => new DrGrpoLoss(settings.EpsilonLow, settings.EpsilonHigh, settings.Delta),
        LossType.Luspo => new LuspoLoss(settings.EpsilonLow, settings.EpsilonHigh, settings.Delta),
        LossType.Cispo => new CispoLoss(settings.EpsilonHigh),
        LossType.Sapo => new SapoLoss(settings.SapoTemperaturePositive, settings.SapoTemperatureNegative),
        LossType.Vespo => new VespoLoss(settings.VespoPositive, settings.VespoNegative),
        _ => throw new ArgumentOutOfRangeException(
            nameof(settings), settings.LossType, $"LossType is none of {string.Join(", ", Enum.GetNames<LossType>())}. Set one of them."),
    };

    private static T Known<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, Enum =>
        Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{typeof(T).Name} is none of {string.Join(", ", Enum.GetNames<T>())}. Give one of them.");
}
