using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A linear map: <c>x Wᵀ + b</c>. Does not own its tensors; <see cref="CausalLM"/> does.</summary>
/// <param name="Weight">[out, in].</param>
/// <param name="Bias">[out], or none.</param>
internal readonly record struct Projection(Tensor Weight, Tensor? Bias)
{
    /// <summary>[..., in] to [..., out].</summary>
    public Tensor Apply(Tensor x) => nn.functional.linear(x, Weight, Bias);
}
