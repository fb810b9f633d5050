namespace Microsoft.ML.Grpo;

/// <summary>What the policy ratio is taken over.</summary>
public enum RatioLevel
{
    /// <summary>Each token has its own ratio, <c>exp(lp - old)</c>. Source: PPO, arXiv 1707.06347.</summary>
    Token,

    /// <summary>A completion has one ratio, the exponential of the mean of its tokens' log-ratios. Source: GSPO, arXiv 2507.18071, equation 7.</summary>
    Sequence,
}
