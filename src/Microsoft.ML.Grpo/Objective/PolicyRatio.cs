using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The policy ratio: how far the policy has drifted since it sampled. Not to be confused with <see cref="CorrectionRatio"/>.</summary>
internal static class PolicyRatio
{
    /// <summary>
    /// <c>c1 = exp(lp - old)</c>, token by token (PPO, arXiv 1707.06347, section 3); or of a completion, <c>exp(mean_t(lp - old))</c>
    /// (GSPO, arXiv 2507.18071, equation 7). Exactly 1 on-policy.
    /// </summary>
    /// <param name="lp">[B, T] current log-probs, with graph, masked.</param>
    /// <param name="old">[B, T] log-probs at the weights that sampled, no graph, masked.</param>
    /// <param name="mask">[B, T] 1 = the token carries loss, else 0.</param>
    /// <param name="level">What the ratio is taken over.</param>
    internal static RatioTerms Compute(Tensor lp, Tensor old, Tensor mask, RatioLevel level)
    {
        Tensor logRatio = lp - old; // [B, T], 0 at padding
        if (level == RatioLevel.Token)
        {
            return new RatioTerms(logRatio, logRatio, logRatio.exp(), mask);
        }

        Tensor lengths = mask.sum(1, keepdim: true).clamp(Scalars.Of(1));   // [B, 1]
        Tensor mean = logRatio.sum(1, keepdim: true) / lengths;             // [B, 1]
        return new RatioTerms(logRatio, mean, mean.exp(), ones_like(mean));
    }
}
