using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The policy ratio: how far the policy has drifted since it sampled. Not to be confused with the sampler's mismatch.</summary>
internal static class PolicyRatio
{
    /// <summary><c>c1 = exp(lp - old)</c>, token by token: exactly 1 on-policy, where its gradient is that of lp.</summary>
    /// <param name="lp">[B, T] current log-probs, with graph, masked.</param>
    /// <param name="old">[B, T] log-probs at the weights that sampled, no graph, masked.</param>
    internal static RatioTerms OfTokens(Tensor lp, Tensor old)
    {
        Tensor logRatio = lp - old; // [B, T]
        return new RatioTerms(lp, logRatio, logRatio.exp());
    }
}
