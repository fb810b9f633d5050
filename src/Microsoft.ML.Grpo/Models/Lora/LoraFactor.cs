using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The two matrices of one adapted layer. <see cref="LoraAdapter"/> owns them.</summary>
/// <param name="adapter">The adapter it is part of.</param>
/// <param name="layer">Number of the layer in the network, so that its dropout differs from that of others.</param>
/// <param name="a">[r, in].</param>
/// <param name="b">[out, r].</param>
internal sealed class LoraFactor(LoraAdapter adapter, int layer, Tensor a, Tensor b)
{
    public Tensor A { get; } = a;

    public Tensor B { get; } = b;

    /// <summary>Whether the adapter takes part in what the network computes.</summary>
    public bool On => adapter.On;

    /// <summary>scale · B A x: [..., in] to [..., out].</summary>
    /// <param name="x">[..., in].</param>
    /// <param name="masks">What x is dropped by; null: nothing is dropped.</param>
    public Tensor Apply(Tensor x, DropoutMasks? masks)
    {
        using var scope = NewDisposeScope();
        return nn.functional.linear(Low(x, masks), B).MoveToOuterDisposeScope();
    }

    /// <summary>scale · A x: [..., in] to [..., r]. Scaled here, where there are the fewest numbers.</summary>
    /// <param name="x">[..., in].</param>
    /// <param name="masks">What x is dropped by; null: nothing is dropped.</param>
    public Tensor Low(Tensor x, DropoutMasks? masks = null)
    {
        using var scope = NewDisposeScope();
        var scale = adapter.Settings.Scaling;
        if (masks is not null)
        {
            x = masks.Drop(x, layer);
            scale *= masks.Scale;
        }

        return (nn.functional.linear(x, A) * Scalars.Of(scale)).MoveToOuterDisposeScope();
    }

    /// <summary>scale · B A as a new float64 tensor [out, in] of the caller's scope.</summary>
    public Tensor Product()
    {
        using var scope = NewDisposeScope();
        return B.to(ScalarType.Float64).matmul(A.to(ScalarType.Float64)).mul_(Scalars.Of(adapter.Settings.Scaling)).MoveToOuterDisposeScope();
    }
}
