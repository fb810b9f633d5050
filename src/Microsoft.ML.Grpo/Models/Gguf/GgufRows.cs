using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The rows of q and k, which llama.cpp orders otherwise for its llama architecture: there the two rows that rope turns together are
/// neighbours, while Hugging Face has row i and row i + size / 2 of a head. Other architectures keep the order.
/// </summary>
internal static class GgufRows
{
    /// <summary>The tensor in Hugging Face's order: new, or the one given.</summary>
    /// <param name="name">Its Hugging Face name.</param>
    /// <param name="tensor">[heads × size, in] or [heads × size].</param>
    /// <param name="config">The model's shape.</param>
    public static Tensor ToHuggingFace(string name, Tensor tensor, ModelConfig config) =>
        Heads(name, config) is { } heads ? Swap(tensor, heads, config.HeadSize / 2, 2) : tensor;

    /// <summary>The tensor in llama.cpp's order: new, or the one given.</summary>
    /// <inheritdoc cref="ToHuggingFace"/>
    public static Tensor ToGguf(string name, Tensor tensor, ModelConfig config) =>
        Heads(name, config) is { } heads ? Swap(tensor, heads, 2, config.HeadSize / 2) : tensor;

    private static int? Heads(string name, ModelConfig config) =>
        config.ModelType != "llama" ? null
        : name.Contains(".q_proj.", StringComparison.Ordinal) ? config.Heads
        : name.Contains(".k_proj.", StringComparison.Ordinal) ? config.KeyValueHeads
        : null;

    private static Tensor Swap(Tensor tensor, int heads, int outer, int inner)
    {
        using var scope = NewDisposeScope();
        var shape = tensor.shape;
        return tensor.view([heads, outer, inner, .. shape[1..]]).transpose(1, 2).reshape(shape).MoveToOuterDisposeScope();
    }
}
