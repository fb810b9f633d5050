namespace Microsoft.ML.Grpo;

/// <summary>The numbers of the loss. Whoever fills it has validated them.</summary>
internal sealed record ObjectiveSettings
{
    /// <summary>How the terms of tokens become one number. Default <see cref="LossType.Dapo"/>.</summary>
    internal LossType LossType { get; init; } = LossType.Dapo;

    /// <summary>The policy ratio may fall to 1 - this before the gradient stops. 0 to 1, default 0.2.</summary>
    internal double EpsilonLow { get; init; } = 0.2;

    /// <summary>The policy ratio may rise to 1 + this before the gradient stops. 0 or more, default 0.2 (DAPO, arXiv 2503.14476, suggests 0.28).</summary>
    internal double EpsilonHigh { get; init; } = 0.2;

    /// <summary>Factor of the KL to the reference policy. 0 (default): no reference policy is needed.</summary>
    internal double Beta { get; init; }

    /// <summary>Whether the KL's estimate is multiplied by the policy ratio, which makes its gradient unbiased off-policy. Default true.</summary>
    internal bool BiasCorrectedKl { get; init; } = true;

    /// <summary>A loss from outside in place of <see cref="LossType"/>; or null.</summary>
    internal PolicyLoss? CustomLoss { get; init; }

    /// <summary>What the policy ratio is taken over. Default <see cref="RatioLevel.Token"/>.</summary>
    internal RatioLevel RatioLevel { get; init; } = RatioLevel.Token;

    /// <summary>Greatest value of the unclipped ratio (two-sided clip); null (default): none. Should be above 1 + epsilon high.</summary>
    internal double? Delta { get; init; }

    /// <summary>SAPO's temperature for advantages above 0. Default 1.</summary>
    internal double SapoTemperaturePositive { get; init; } = 1;

    /// <summary>SAPO's temperature for the others. Default 1.05.</summary>
    internal double SapoTemperatureNegative { get; init; } = 1.05;

    /// <summary>VESPO's weight for advantages of 0 or more. Default k 2, lambda 3.</summary>
    internal VespoShape VespoPositive { get; init; } = new(2, 3);

    /// <summary>VESPO's weight for the others. Default k 3, lambda 2.</summary>
    internal VespoShape VespoNegative { get; init; } = new(3, 2);

    /// <summary>Completions with a negative advantage carry no policy loss if the mean of (sampler or old) - lp is above this, in nats; null (default): all do.</summary>
    internal double? OffPolicyMaskThreshold { get; init; }

    /// <summary>Share of a slice's tokens, those of highest entropy, that carry policy loss. 1 (default): all.</summary>
    internal double TopEntropyQuantile { get; init; } = 1;

    /// <summary>Whether the loss has an entropy bonus, whatever its coefficient is at the moment; the entropies then need a graph.</summary>
    internal bool EntropyBonus { get; init; }

    /// <summary>The correction for the sampler's mismatch. Default off.</summary>
    internal CorrectionSettings Correction { get; init; } = CorrectionSettings.Off;
}
