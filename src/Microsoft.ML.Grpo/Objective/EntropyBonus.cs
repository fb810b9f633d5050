using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The entropy of the tokens that the policy term keeps, whose mean is taken off the loss with a coefficient: the same for every loss.</summary>
/// <param name="Entropy">Sum of the micro-batch's entropies, a scalar with the entropies' graph.</param>
/// <param name="Tokens">What the sum is over, a scalar.</param>
/// <param name="SliceTokens">The same of the whole slice, at least 1, a scalar.</param>
internal sealed record EntropyBonus(Tensor Entropy, Tensor Tokens, Tensor SliceTokens)
{
    /// <summary>Adds up the entropies.</summary>
    /// <param name="entropies">[B, T], 0 where the mask is 0.</param>
    /// <param name="mask">[B, T] 1 or 0.</param>
    /// <param name="kept">The entropy mask; null: every token is kept.</param>
    /// <param name="scale">The slice's denominators.</param>
    /// <exception cref="ArgumentException">The slice's tokens are not known.</exception>
    internal static EntropyBonus Of(Tensor entropies, Tensor mask, EntropyMask? kept, LossScale scale)
    {
        Tensor counted = kept?.Kept ?? mask; // [B, T]
        Tensor sliceTokens = kept?.Tokens.clamp(Scalars.Of(1)) ?? full([], Scalars.Of(Normalisers.SliceTokens(mask, scale)), ScalarType.Float64, mask.device);
        return new EntropyBonus((entropies * counted).sum(), counted.sum(ScalarType.Float64), sliceTokens);
    }

    /// <summary><c>coefficient sum(H m e) / N_slice / GA</c>: the micro-batch's share of what is taken off the update's loss.</summary>
    internal Tensor Share(LossScale scale) =>
        Entropy * Scalars.Of(scale.EntropyCoefficient / scale.Accumulation) / SliceTokens.to(Entropy.dtype);
}
