using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Writes an adapter alone as a GGUF file, which llama.cpp puts beside the weights of the model that was adapted.</summary>
/// <remarks>Source: llama.cpp's src/llama-adapter.cpp and convert_lora_to_gguf.py.</remarks>
internal static class GgufAdapter
{
    /// <summary>Writes the file under a temporary name and renames it when it is whole.</summary>
    /// <param name="path">The file; missing parents are made.</param>
    /// <param name="network">A network with an adapter.</param>
    /// <exception cref="NotSupportedException">llama.cpp does not know the architecture, or cannot adapt a layer.</exception>
    /// <exception cref="IOException">The disk is full, or the place cannot be written to; what was there before is untouched.</exception>
    public static void Save(string path, CausalLM network)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var (adapter, config) = (network.Adapter!, network.Config);
        if (adapter.Factors.ContainsKey(CausalLM.HeadLayer) && config.TiedHead)
        {
            throw GgufRefusal.OfModel("an adapter on a head that is the embedding, which in llama.cpp has no tensor of its own to adapt; SaveGguf merges it");
        }

        var pairs = new GgufPairs();
        pairs.Add(GgufConfig.ArchitectureKey, GgufArchitecture.Of(config).Name);
        pairs.Add(GgufConfig.TypeKey, "adapter");
        pairs.Add("adapter.type", "lora");
        pairs.Add("adapter.lora.alpha", (float)(adapter.Settings.Scaling * adapter.Settings.Rank)); // llama.cpp divides by the rank, whatever PEFT does
        GgufExport.Save(path, pairs, [.. adapter.Factors.OrderBy(factor => factor.Key, StringComparer.Ordinal).SelectMany(factor => Matrices(factor.Key + ".weight", factor.Value, config))]);
    }

    /// <summary>A as it is; B, whose rows are those of the layer's weight, in llama.cpp's order.</summary>
    private static GgufOutput[] Matrices(string weight, LoraFactor factor, ModelConfig config)
    {
        var name = GgufNames.ToGguf(weight)!; // every linear layer has one
        return
        [
            new(name + ".lora_a", factor.A.shape, ScalarType.Float32, () => factor.A),
            new(name + ".lora_b", factor.B.shape, ScalarType.Float32, () => GgufRows.ToGguf(weight, factor.B, config)),
        ];
    }
}
