using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Root-mean-square normalisation over the last dimension (Zhang and Sennrich 2019).</summary>
/// <param name="Weight">[size].</param>
/// <param name="Epsilon">Added to the mean square.</param>
internal readonly record struct RmsNorm(Tensor Weight, double Epsilon)
{
    /// <summary>[..., size] to [..., size], in the dtype of <paramref name="x"/>.</summary>
    public Tensor Apply(Tensor x)
    {
        using var scope = NewDisposeScope();
        var scale = (x * x).mean([-1], keepdim: true).Plus_(Scalars.Of(Epsilon)).rsqrt_();
        return (x * scale * Weight).MoveToOuterDisposeScope();
    }
}
