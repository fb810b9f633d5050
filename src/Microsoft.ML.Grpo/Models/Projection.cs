using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A linear map, <c>x Wᵀ + b</c>, and beside it the adapter that may be on it. Weight, bias and factor are not its own;
/// <see cref="CausalLM"/> and <see cref="LoraAdapter"/> dispose them.
/// </summary>
/// <param name="weight">[out, in].</param>
/// <param name="bias">[out], or none.</param>
internal sealed class Projection(Tensor weight, Tensor? bias)
{
    private LoraFactor? _factor;
    private Tensor? _merged; // [out, in]

    /// <summary>[out, in], as the model's file has it: without the adapter, whether that is merged or not.</summary>
    public Tensor Weight { get; private set; } = weight;

    /// <summary>Whether weight and input are rounded to bfloat16 for their product. The adapter's products are not.</summary>
    public bool InBFloat16 { get; set; }

    /// <summary>Whether a weight of it, or of the adapter's on it, has a gradient.</summary>
    public bool IsTrained => Weight.requires_grad || bias is { requires_grad: true } || _factor is { On: true, A.requires_grad: true };

    /// <summary>Puts an adapter's matrices beside the weight.</summary>
    public void Attach(LoraFactor factor) => _factor = factor;

    /// <summary>[..., in] to [..., out].</summary>
    /// <param name="x">[..., in].</param>
    /// <param name="masks">What the adapter's input is dropped by; null: nothing is dropped.</param>
    /// <exception cref="InvalidOperationException">Gradients are wanted of an adapter that is merged.</exception>
    public Tensor Apply(Tensor x, DropoutMasks? masks = null)
    {
        if (Alone() is { } weight)
        {
            return Times(x, weight);
        }

        using var scope = NewDisposeScope();
        return Times(x, Weight).Plus(_factor!.Apply(x, masks)).MoveToOuterDisposeScope();
    }

    /// <summary>What <see cref="Apply"/> is the sum of, with nothing multiplied yet.</summary>
    /// <param name="x">[N, in].</param>
    /// <exception cref="InvalidOperationException">Gradients are wanted of an adapter that is merged.</exception>
    public HeadTerms Terms(Tensor x) => Alone() is { } weight
        ? new([(x, weight)], bias)
        : new([(x, Weight), (_factor!.Low(x), _factor.B)], bias);

    /// <summary>The weight with the adapter in it, as a new tensor of the caller's; null without an adapter.</summary>
    /// <returns>[out, in]: W + scale · B A, computed in float64 and rounded once.</returns>
    public Tensor? MergedWeight()
    {
        if (_factor is null)
        {
            return null;
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var type = Weight.dtype == ScalarType.BFloat16 ? ScalarType.Float32 : Weight.dtype; // else the change would be rounded away
        return _factor.Product().Plus_(Weight.to(ScalarType.Float64)).to(type).MoveToOuterDisposeScope();
    }

    /// <summary>Takes another tensor of the same numbers in the weight's place, such as one of a smaller type.</summary>
    public void Replace(Tensor weight) => Weight = weight;

    /// <summary>Computes with the merged weight from now on; the weight itself stays as it is.</summary>
    public void Merge() => _merged = MergedWeight()?.DetachFromDisposeScope();

    /// <summary>Computes with the weight and the adapter beside it again.</summary>
    public void Unmerge()
    {
        _merged?.Dispose();
        _merged = null;
    }

    private Tensor Times(Tensor x, Tensor weight)
    {
        if (InBFloat16)
        {
            return BFloat16Product.Of(x, weight, bias);
        }

        if (!DecodeProduct.Fits(x, weight))
        {
            return nn.functional.linear(x, weight, bias);
        }

        var product = DecodeProduct.Times(x, weight);
        return bias is null ? product : product.Plus_(bias);
    }

    /// <summary>The one weight that makes the map; null if there is an adapter beside it.</summary>
    private Tensor? Alone()
    {
        if (_factor is not { On: true } factor)
        {
            return Weight;
        }

        return _merged is not null && factor.A.requires_grad && is_grad_enabled()
            ? throw new InvalidOperationException("The adapter is merged into the weights, so no gradient would reach it. Call Unmerge before a training pass.")
            : _merged;
    }
}
