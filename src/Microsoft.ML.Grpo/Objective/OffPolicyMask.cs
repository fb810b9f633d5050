using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Which completions the policy term keeps: those with an advantage of 0 or more, and those that the policy has not left behind.
/// Source: DeepSeek-V3.2, arXiv 2512.02556, section 3.1 (off-policy sequence masking).
/// </summary>
internal static class OffPolicyMask
{
    /// <summary>
    /// <c>1[A >= 0 or kappa &lt;= threshold]</c>, <c>kappa = mean_t(b - lp)</c>, b the log-probs of the policy that sampled: the sampler's own
    /// where there are any (a token that it did not say counts 0), else the old ones.
    /// </summary>
    /// <param name="batch">The micro-batch.</param>
    /// <param name="threshold">In nats a token.</param>
    /// <returns>[B, 1] 1 or 0, no graph.</returns>
    internal static Tensor Of(MaskedInputs batch, double threshold)
    {
        Tensor drift = (batch.Sampler ?? batch.Old) - batch.Lp.detach();                    // [B, T], 0 at padding
        Tensor known = batch.SamplerMask is { } said ? drift * said : drift;                // [B, T]
        Tensor lengths = batch.Mask.sum(1, keepdim: true).clamp(Scalars.Of(1));             // [B, 1]
        Tensor kappa = known.sum(1, keepdim: true) / lengths;                               // [B, 1]
        return (batch.Advantages >= Scalars.Of(0)).bitwise_or(kappa <= Scalars.Of(threshold)).to(batch.Mask.dtype);
    }
}
