using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Estimates, from the sampled tokens alone, of how far one policy is from another.</summary>
internal static class Kl
{
    /// <summary>
    /// <c>k3 = exp(q - p) - (q - p) - 1</c>: 0 or more, 0 only where they agree, and in the mean over tokens drawn from p
    /// the divergence KL(p || q), in nats. Source: DeepSeekMath, arXiv 2402.03300, equation 4 (Schulman, "Approximating KL divergence").
    /// </summary>
    /// <param name="p">[B, T] log-probs of the policy that the tokens come from.</param>
    /// <param name="q">[B, T] log-probs of the other.</param>
    internal static Tensor K3(Tensor p, Tensor q) => K3(q - p);

    /// <inheritdoc cref="K3(Tensor, Tensor)"/>
    /// <param name="difference">[B, T] q - p.</param>
    internal static Tensor K3(Tensor difference) => difference.exp() - difference - Scalars.Of(1);

    /// <summary>
    /// <c>k = c1 k3</c>: the tokens come from the old policy, so the current one's KL weighs them by the ratio, unclipped;
    /// gradients flow through both factors. Source: DeepSeek-V3.2, arXiv 2512.02556, section 3.1.
    /// </summary>
    /// <param name="k3">[B, T].</param>
    /// <param name="ratio">The policy ratio; a completion's, [B, 1], weighs all its tokens.</param>
    internal static Tensor BiasCorrected(Tensor k3, RatioTerms ratio) => k3 * ratio.Value;
}
