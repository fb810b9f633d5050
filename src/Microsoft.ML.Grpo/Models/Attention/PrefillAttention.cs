using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Causal attention over prompts padded on the right, whose keys and values go into the cache for all their completions.</summary>
internal sealed class PrefillAttention(KeyValueCache cache, int firstRow, int copies) : IAttention
{
    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value)
    {
        cache.StorePrompts(layer, firstRow, copies, key, value);
        using var causal = new CausalAttention();
        return causal.Attend(layer, query, key, value);
    }
}
