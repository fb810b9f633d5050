using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Rotary position embedding (Su et al. 2021) in the half-split layout of Hugging Face models. Angles are computed in
/// float64 and their sines rounded once, since rounded angles are most of a float32 model's error far out. There is no
/// table: one row of angles a position costs nothing beside a layer.
/// </summary>
internal sealed class RotaryEmbedding : IDisposable
{
    private readonly Tensor _frequencies; // [D/2] float64
    private readonly ScalarType _dtype;

    public RotaryEmbedding(ModelConfig config, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        _dtype = dtype;
        _frequencies = tensor(config.RopeTheta, ScalarType.Float64, device).pow(Sums.Range(config.HeadSize / 2, device).to(ScalarType.Float64) * Scalars.Of(-2.0 / config.HeadSize)).DetachFromDisposeScope();
    }

    /// <summary>Cosines and sines for positions [B, T], broadcastable over heads: two tensors [B, 1, T, D/2].</summary>
    public (Tensor Cos, Tensor Sin) At(Tensor positions)
    {
        using var scope = NewDisposeScope();
        var angles = positions.to(ScalarType.Float64).unsqueeze(1).unsqueeze(-1) * _frequencies;
        return (angles.cos().to(_dtype).MoveToOuterDisposeScope(), angles.sin().to(_dtype).MoveToOuterDisposeScope());
    }

    /// <summary>Rotates heads [B, H, T, D].</summary>
    public static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        using var scope = NewDisposeScope();
        var halves = x.chunk(2, dim: -1);
        var (a, b) = (halves[0], halves[1]);
        return cat([(a * cos) - (b * sin), (b * cos).Plus(a * sin)], dim: -1).MoveToOuterDisposeScope();
    }

    public void Dispose() => _frequencies.Dispose();
}
