using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Every token sees itself and what stands before it in its own row. Without a mask a row may be padded on the right:
/// causality alone keeps real tokens from seeing padding.
/// </summary>
internal sealed class CausalAttention : IAttention, IDisposable
{
    private readonly Tensor? _allowed; // [B, 1, T, T], true = may look

    /// <summary>Makes the attention of one pass.</summary>
    /// <param name="attentionMask">[B, T], 1 on real tokens, for rows padded on the left; null if none are.</param>
    public CausalAttention(Tensor? attentionMask = null)
    {
        if (attentionMask is null)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var (batch, length) = (attentionMask.shape[0], attentionMask.shape[1]);
        var causal = ones(length, length, ScalarType.Bool, attentionMask.device).tril();
        var itself = eye(length, length, ScalarType.Bool, attentionMask.device);
        // A pad token sees itself alone: a row of the softmax with nothing in it would be NaN, in the gradient too.
        _allowed = attentionMask.to(ScalarType.Bool).view(batch, 1, 1, length).bitwise_and(causal).bitwise_or(itself).DetachFromDisposeScope();
    }

    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value) => DotProduct.Causal(query, key, value, _allowed);

    public void Dispose() => _allowed?.Dispose();
}
