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
}
