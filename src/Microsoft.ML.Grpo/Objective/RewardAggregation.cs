namespace Microsoft.ML.Grpo;

/// <summary>How several rewards become one advantage.</summary>
public enum RewardAggregation
{
    /// <summary>The weighted sum of a completion's rewards is compared with its group's. The default. Source: DeepSeekMath, arXiv 2402.03300.</summary>
    SumThenNormalize,

    /// <summary>
    /// Each reward is compared with its group's and divided by its own standard deviation there; the weighted sum of these is
    /// normalised over the whole rollout. Rewards of unlike scale then pull alike. Source: GDPO, arXiv 2601.05242.
    /// </summary>
    NormalizeThenSum,
}
