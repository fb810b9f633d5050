using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Rotary position embedding (Su et al. 2021) in the half-split layout of Hugging Face models. Angles are computed
/// in float64 and rounded once, so that a float32 table is as exact as float32 can be.
/// </summary>
internal sealed class RotaryTable : IDisposable
{
    private readonly Tensor _cos; // [P, D/2]
    private readonly Tensor _sin; // [P, D/2]

    public RotaryTable(ModelConfig config, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        var half = config.HeadSize / 2;
        var inverseFrequency = pow(config.RopeTheta, arange(half, ScalarType.Float64, device) * (-2.0 / config.HeadSize)); // [D/2]
        var angles = outer(arange(config.MaxPositions, ScalarType.Float64, device), inverseFrequency); // [P, D/2]
        _cos = angles.cos().to(dtype).DetachFromDisposeScope();
        _sin = angles.sin().to(dtype).DetachFromDisposeScope();
    }

    /// <summary>The rows for positions [B, T], broadcastable over heads: two tensors [B, 1, T, D/2].</summary>
    public (Tensor Cos, Tensor Sin) At(Tensor positions)
    {
        var (batch, length) = (positions.shape[0], positions.shape[1]);
        using var flat = positions.reshape(-1);
        return (_cos.index_select(0, flat).view(batch, 1, length, -1), _sin.index_select(0, flat).view(batch, 1, length, -1));
    }

    /// <summary>Rotates heads [B, H, T, D].</summary>
    public static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        using var scope = NewDisposeScope();
        var halves = x.chunk(2, dim: -1);
        var (a, b) = (halves[0], halves[1]);
        return cat([(a * cos) - (b * sin), (b * cos) + (a * sin)], dim: -1).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _cos.Dispose();
        _sin.Dispose();
    }
}
