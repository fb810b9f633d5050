namespace Microsoft.ML.Grpo;

/// <summary>The tensors of a model file: names as Hugging Face spells them, and shapes as config.json implies.</summary>
internal static class ModelWeights
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string Head = "lm_head.weight";

    /// <summary>Name to shape; matrices are [out, in]. The head is absent when tied.</summary>
    public static IReadOnlyDictionary<string, long[]> Shapes(ModelConfig config)
    {
        long hidden = config.HiddenSize, middle = config.IntermediateSize, head = config.HeadSize, vocabulary = config.VocabularySize;
        long queries = config.Heads * head, keys = config.KeyValueHeads * head;
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal) { [Embedding] = [vocabulary, hidden] };
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            shapes[prefix + "input_layernorm.weight"] = [hidden];
            Linear(prefix + "self_attn.q_proj", queries, hidden, config.QkvBias);
            Linear(prefix + "self_attn.k_proj", keys, hidden, config.QkvBias);
            Linear(prefix + "self_attn.v_proj", keys, hidden, config.QkvBias);
            Linear(prefix + "self_attn.o_proj", hidden, queries, config.OutputBias);
            if (config.QkNorm)
            {
                shapes[prefix + "self_attn.q_norm.weight"] = [head];
                shapes[prefix + "self_attn.k_norm.weight"] = [head];
            }

            shapes[prefix + "post_attention_layernorm.weight"] = [hidden];
            Linear(prefix + "mlp.gate_proj", middle, hidden, config.MlpBias);
            Linear(prefix + "mlp.up_proj", middle, hidden, config.MlpBias);
            Linear(prefix + "mlp.down_proj", hidden, middle, config.MlpBias);
        }

        shapes["model.norm.weight"] = [hidden];
        if (!config.TiedHead)
        {
            shapes[Head] = [vocabulary, hidden];
        }

        return shapes;

        void Linear(string name, long output, long input, bool bias)
        {
            shapes[name + ".weight"] = [output, input];
            if (bias)
            {
                shapes[name + ".bias"] = [output];
            }
        }
    }

    /// <summary>Old files hold buffers that are computed, not learned.</summary>
    public static bool IsComputed(string name) => name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal);
}
