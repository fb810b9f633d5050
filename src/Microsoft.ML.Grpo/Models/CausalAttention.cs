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

    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value)
    {
        using var scope = NewDisposeScope();
        var groups = query.shape[1] / key.shape[1];
        if (query.device_type == DeviceType.META)
        {
            return Shapes(query, PerQueryHead(key, groups), PerQueryHead(value, groups)).MoveToOuterDisposeScope();
        }

        return nn.functional.scaled_dot_product_attention(query, PerQueryHead(key, groups), PerQueryHead(value, groups), _allowed, is_casual: _allowed is null)
            .MoveToOuterDisposeScope();
    }

    public void Dispose() => _allowed?.Dispose();

    /// <summary>
    /// The same from parts, without the causal mask: the fused operator makes its mask with <c>where</c>, which has no
    /// kernel on the meta device. There are no values there, so shapes and devices are all that can go wrong.
    /// </summary>
    private Tensor Shapes(Tensor query, Tensor key, Tensor value)
    {
        var scores = query.matmul(key.transpose(2, 3)); // [B, H, T, T]
        return (_allowed is null ? scores : scores.masked_fill(_allowed.bitwise_not(), Scalars.Of(double.NegativeInfinity))).softmax(-1).matmul(value);
    }

    /// <summary>Grouped-query attention (Ainslie et al. 2023): key head h serves <paramref name="groups"/> query heads in a row.</summary>
    private static Tensor PerQueryHead(Tensor x, long groups) => groups == 1
        ? x
        : x.unsqueeze(2).expand(-1, -1, groups, -1, -1).reshape(x.shape[0], -1, x.shape[2], x.shape[3]);
}
