using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// What a head's logits [N, V] are the sum of: products <c>x Wᵀ</c>, one for its weight and one for the low-rank matrices of
/// an adapter that may be on it, and a bias.
/// </summary>
/// <param name="Products">Inputs [N, in] and weights [V, in], at least one pair.</param>
/// <param name="Bias">[V], or none.</param>
internal sealed record HeadTerms(IReadOnlyList<(Tensor Input, Tensor Weight)> Products, Tensor? Bias)
{
    /// <summary>The same of logits over the temperature. Tensors of the open dispose scope.</summary>
    public HeadTerms Over(double temperature) => temperature == 1
        ? this
        : new([.. Products.Select(p => (p.Input / Scalars.Of(temperature), p.Weight))], Bias is null ? null : Bias / Scalars.Of(temperature));
}
