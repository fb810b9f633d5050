using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>The hyperparameters of a GGUF model as <c>config.json</c> and <c>generation_config.json</c> have them.</summary>
/// <remarks>Source of the keys: docs/gguf.md of the ggml repository, and llama.cpp's convert_hf_to_gguf.py.</remarks>
internal static class GgufConfig
{
    public const string ArchitectureKey = "general.architecture";
    private const int AbsentContext = 2048, AbsentTheta = 10000;

    /// <summary>Architectures that are read: llama.cpp's name, and the class that transformers loads.</summary>
    private static readonly (string Name, string Class)[] Architectures = [("llama", "LlamaForCausalLM"), ("qwen2", "Qwen2ForCausalLM")];

    /// <exception cref="ModelFormatException">A key is missing or of the wrong kind, or asks for what is not supported.</exception>
    public static JsonObject Config(GgufFile gguf)
    {
        var metadata = gguf.Metadata;
        var architecture = metadata.Text(ArchitectureKey) ?? throw metadata.Missing(ArchitectureKey);
        var transformersClass = Architectures.FirstOrDefault(known => known.Name == architecture).Class
            ?? throw new ModelFormatException(gguf.File, $"holds a model of the architecture '{architecture}'; GGUF files are read for {string.Join(" and ", Architectures.Select(known => known.Name))}. Use the model's Hugging Face directory.");
        if (metadata.Text("general.type") is { } type && type != "model")
        {
            throw metadata.Error("general.type", $"is '{type}', not 'model'");
        }

        var keys = new GgufKeys(metadata, architecture);
        RefuseScaling(gguf, keys);
        var (hidden, heads) = (keys.Count("embedding_length"), keys.Count("attention.head_count"));
        var size = keys.OptionalCount("attention.key_length") ?? (hidden % heads == 0
            ? hidden / heads
            : throw metadata.Error(keys.Name("embedding_length"), $"is {hidden}, no multiple of the {heads} heads"));
        keys.MustBe("attention.value_length", size, "values of another size than keys");
        keys.MustBe("rope.dimension_count", size, "rotary positions on a part of each head");
        var embedding = gguf.Tensors.GetValueOrDefault(GgufNames.Embedding)
            ?? throw new ModelFormatException(gguf.File, $"has no tensor '{GgufNames.Embedding}'. Use a complete model file.");
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(transformersClass),
            ["attention_dropout"] = 0.0,
            ["head_dim"] = size,
            ["hidden_act"] = "silu",
            ["hidden_size"] = hidden,
            ["initializer_range"] = 0.02,
            ["intermediate_size"] = keys.Count("feed_forward_length"),
            ["max_position_embeddings"] = keys.OptionalCount("context_length") ?? AbsentContext,
            ["model_type"] = architecture,
            ["num_attention_heads"] = heads,
            ["num_hidden_layers"] = keys.Count("block_count"),
            ["num_key_value_heads"] = keys.OptionalCount("attention.head_count_kv") ?? heads,
            ["rms_norm_eps"] = keys.Positive("attention.layer_norm_rms_epsilon") ?? throw metadata.Missing(keys.Name("attention.layer_norm_rms_epsilon")),
            ["rope_theta"] = keys.Positive("rope.freq_base") ?? AbsentTheta,
            ["tie_word_embeddings"] = !gguf.Tensors.ContainsKey(GgufNames.Head),
            ["torch_dtype"] = "float32",
            ["use_cache"] = true,
            ["vocab_size"] = embedding.Shape.Count > 0 ? embedding.Shape[0] : 0,
        };
        if (architecture == "llama")
        {
            config["attention_bias"] = gguf.Tensors.ContainsKey("blk.0.attn_q.bias");
            config["mlp_bias"] = gguf.Tensors.ContainsKey("blk.0.ffn_up.bias");
        }

        foreach (var (name, key) in (ReadOnlySpan<(string, string)>)[("bos", GgufTokenizer.Bos), ("eos", GgufTokenizer.Eos), ("pad", GgufTokenizer.Pad)])
        {
            if (metadata.Whole(key) is { } id)
            {
                config[name + "_token_id"] = id;
            }
        }

        return config;
    }

    /// <summary>The ids that end a completion: end of text, of a turn and of a message.</summary>
    public static JsonObject Generation(GgufMetadata metadata) => new()
    {
        ["eos_token_id"] = new JsonArray([.. ((string[])[GgufTokenizer.Eos, GgufTokenizer.EndOfTurn, GgufTokenizer.EndOfMessage])
            .Select(metadata.Whole).OfType<long>().Distinct().Select(id => JsonValue.Create(id))]),
    };

    private static void RefuseScaling(GgufFile gguf, GgufKeys keys)
    {
        const string Remedy = "Rope scaling is not supported: use a model without it.";
        if (gguf.Tensors.ContainsKey(GgufNames.RopeFactors))
        {
            throw new ModelFormatException(gguf.File, $"holds '{GgufNames.RopeFactors}', the factors of a scaled rope. {Remedy}");
        }

        if (keys.Text("rope.scaling.type") is { } scaling and not "none")
        {
            throw new ModelFormatException(gguf.File, $"asks for rope scaling of type '{scaling}' ({keys.Name("rope.scaling.type")}). {Remedy}");
        }

        foreach (var key in (string[])["rope.scale_linear", "rope.scaling.factor"])
        {
            if (keys.Positive(key) is { } factor && factor != 1)
            {
                throw new ModelFormatException(gguf.File, $"asks for rope scaling by {factor} ({keys.Name(key)}). {Remedy}");
            }
        }

        keys.MustBe("expert_count", 0, "a mixture of experts");
        keys.MustBe("attention.sliding_window", 0, "attention within a window");
    }
}
