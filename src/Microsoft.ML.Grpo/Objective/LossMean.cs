namespace Microsoft.ML.Grpo;

/// <summary>How the terms of tokens become one number.</summary>
public enum LossMean
{
    /// <summary>The mean over all tokens of the rollout, as <see cref="LossType.Dapo"/>.</summary>
    RolloutTokens,

    /// <summary>The mean over completions of the mean over their tokens, as <see cref="LossType.Grpo"/>.</summary>
    Completions,

    /// <summary>The mean over the tokens of the slice, as <see cref="LossType.Bnpo"/>.</summary>
    SliceTokens,

    /// <summary>The sum over tokens, over completions × the longest completion allowed, as <see cref="LossType.DrGrpo"/>.</summary>
    AllowedTokens,
}
