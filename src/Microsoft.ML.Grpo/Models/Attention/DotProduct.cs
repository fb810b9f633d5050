using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Scaled dot-product attention (Vaswani et al. 2017), where several query heads may share a key head (grouped queries, Ainslie et al. 2023).</summary>
internal static class DotProduct
{
    /// <summary>Each query sees the keys up to its own place, or those that a mask allows.</summary>
    /// <param name="query">[B, H, T, D].</param>
    /// <param name="key">[B, Hkv, T, D].</param>
    /// <param name="value">[B, Hkv, T, D].</param>
    /// <param name="allowed">[B, 1, T, T] true = may look; null: causal.</param>
    /// <returns>[B, H, T, D].</returns>
    public static Tensor Causal(Tensor query, Tensor key, Tensor value, Tensor? allowed = null)
    {
        using var scope = NewDisposeScope();
        var groups = query.shape[1] / key.shape[1];
        return Attend(query, PerQueryHead(key, groups), PerQueryHead(value, groups), allowed).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The last queries of longer rows. The query heads of a key head stand one after another as queries of one head, so that
    /// keys and values, of which there are many, are not repeated.
    /// </summary>
    /// <param name="query">[B, H, R, D].</param>
    /// <param name="key">[B, Hkv, P + R, D].</param>
    /// <param name="value">[B, Hkv, P + R, D].</param>
    /// <param name="mask">[H/Hkv · R, P + R]: of <see cref="SuffixMask"/>.</param>
    /// <returns>[B, H, R, D].</returns>
    public static Tensor Suffix(Tensor query, Tensor key, Tensor value, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var (rows, heads, length, size) = (query.shape[0], query.shape[1], query.shape[2], query.shape[3]);
        var folded = query.reshape(rows, key.shape[1], -1, size); // [B, Hkv, H/Hkv · R, D]
        return Attend(folded, key, value, mask).reshape(rows, heads, length, size).MoveToOuterDisposeScope();
    }

    /// <summary>0 where the queries of <see cref="Suffix"/> may look, minus infinity elsewhere.</summary>
    public static Tensor SuffixMask(long prompt, long length, long headsPerKey, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        var beyond = Sums.Range(prompt + length, device).gt(Sums.Range(length, device).Plus(Scalars.Of(prompt)).unsqueeze(1)); // [R, P + R]
        return zeros([length, prompt + length], dtype, device).masked_fill_(beyond, Scalars.Of(double.NegativeInfinity)).repeat(headsPerKey, 1).MoveToOuterDisposeScope();
    }

    private static Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor? mask) => query.device_type == DeviceType.META
        ? Shapes(query, key, value, mask)
        : nn.functional.scaled_dot_product_attention(query, key, value, mask, is_casual: mask is null);

    /// <summary>
    /// The same from parts, without the causal mask: the fused operator makes its mask with <c>where</c>, which has no
    /// kernel on the meta device. There are no values there, so shapes and devices are all that can go wrong.
    /// </summary>
    private static Tensor Shapes(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        var scores = query.matmul(key.transpose(2, 3)); // [B, H, T, T]
        return (mask is null ? scores : scores.Plus(mask.to(scores.dtype))).softmax(-1).matmul(value);
    }

    /// <summary>Key head h serves <paramref name="groups"/> query heads in a row.</summary>
    private static Tensor PerQueryHead(Tensor x, long groups) => groups == 1
        ? x
        : x.unsqueeze(2).expand(-1, -1, groups, -1, -1).reshape(x.shape[0], -1, x.shape[2], x.shape[3]);
}
