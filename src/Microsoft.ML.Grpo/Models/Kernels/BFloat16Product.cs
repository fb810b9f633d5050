using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// x Wᵀ + b of numbers that are rounded to bfloat16: the product is summed in float32 and rounded once more, as the library does it and as
/// autocast has it; the bias is added in x's own type. Gradients are products of the same kind, and reach weight and input in their types.
/// </summary>
internal static class BFloat16Product
{
    /// <summary>[..., in] to [..., out], in the type of <paramref name="x"/>.</summary>
    /// <param name="x">[..., in].</param>
    /// <param name="weight">[out, in], of any type.</param>
    /// <param name="bias">[out], or none.</param>
    public static Tensor Of(Tensor x, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var product = Product(x, weight).to(x.dtype);
        return (bias is null ? product : product.Plus(bias)).MoveToOuterDisposeScope();
    }

    private static Tensor Product(Tensor x, Tensor weight)
    {
        var rounded = x.to(ScalarType.BFloat16);
        return DecodeProduct.Fits(x, weight)
            ? DecodeProduct.Times(rounded.to(ScalarType.Float32), weight, rounded: true).to(ScalarType.BFloat16)
            : nn.functional.linear(rounded, weight.to(ScalarType.BFloat16));
    }
}
