using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>The hyperparameters of a GGUF model as <c>config.json</c> and <c>generation_config.json</c> have them.</summary>
/// <remarks>Source of the keys: docs/gguf.md of the ggml repository, and llama.cpp's convert_hf_to_gguf.py.</remarks>
internal static class GgufConfig
{
    public const string ArchitectureKey = "general.architecture", TypeKey = "general.type", NameKey = "general.name", FileTypeKey = "general.file_type";
    private const int AbsentTheta = 10000; // llama.cpp's

    /// <exception cref="ModelFormatException">A key is missing or of the wrong kind, or asks for what is not supported.</exception>
    public static JsonObject Config(GgufFile gguf)
    {
        var metadata = gguf.Metadata;
        var architecture = metadata.Text(ArchitectureKey) ?? throw metadata.Missing(ArchitectureKey);
        var transformersClass = GgufArchitecture.Find(architecture)?.TransformersClass
            ?? throw new ModelFormatException(gguf.File, $"holds a model of the architecture '{architecture}'; GGUF files are read for {GgufArchitecture.Supported}. Use the model's Hugging Face directory.");
        if (metadata.Text(TypeKey) is { } type && type != "model")
        {
            throw metadata.Error(TypeKey, $"is '{type}', not 'model'");
        }

        var keys = new GgufKeys(metadata, architecture);
        RefuseScaling(gguf, keys);
        var (hidden, heads) = (keys.Count(GgufKeys.Embedding), keys.Count(GgufKeys.Heads));
        var size = keys.OptionalCount(GgufKeys.KeySize) ?? (hidden % heads == 0
            ? hidden / heads
            : throw metadata.Error(keys.Name(GgufKeys.Embedding), $"is {hidden}, no multiple of the {heads} heads"));
        keys.MustBe(GgufKeys.ValueSize, size, "values of another size than keys");
        keys.MustBe(GgufKeys.RopeSize, size, "rotary positions on a part of each head");
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
            ["intermediate_size"] = keys.Count(GgufKeys.FeedForward),
            ["max_position_embeddings"] = keys.Count(GgufKeys.Context),
            ["model_type"] = architecture,
            ["num_attention_heads"] = heads,
            ["num_hidden_layers"] = keys.Count(GgufKeys.Blocks),
            ["num_key_value_heads"] = keys.OptionalCount(GgufKeys.KeyValueHeads) ?? heads,
            ["rms_norm_eps"] = keys.Positive(GgufKeys.NormEpsilon) ?? throw metadata.Missing(keys.Name(GgufKeys.NormEpsilon)),
            ["rope_theta"] = keys.Positive(GgufKeys.RopeBase) ?? AbsentTheta,
            ["tie_word_embeddings"] = !gguf.Tensors.ContainsKey(GgufNames.Head),
            ["torch_dtype"] = StoredDtype.Name(GgufWeights.TypeOf(gguf)),
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
            if (metadata.Whole(key) is { } id and not GgufTokenizer.NoToken)
            {
                config[name + "_token_id"] = id;
            }
        }

        // Under their own names, so that the log tells of them as of every key that nothing reads.
        foreach (var (name, value) in keys.Unread.Concat(GgufTokenizer.Unread(metadata)))
        {
            config[name] = value;
        }

        return config;
    }

    /// <summary>The ids that end a completion: end of text, of a turn and of a message.</summary>
    /// <exception cref="ModelFormatException">One of them is no token.</exception>
    public static JsonObject Generation(GgufMetadata metadata)
    {
        var tokens = metadata.List<string>(GgufTokenizer.TokensKey) ?? throw metadata.Missing(GgufTokenizer.TokensKey);
        return new()
        {
            ["eos_token_id"] = new JsonArray([.. ((string[])[GgufTokenizer.Eos, GgufTokenizer.EndOfTurn, GgufTokenizer.EndOfMessage])
                .Select(key => GgufTokenizer.TokenId(metadata, key, tokens)).OfType<int>().Distinct().Select(id => JsonValue.Create(id))]),
        };
    }

    private static void RefuseScaling(GgufFile gguf, GgufKeys keys)
    {
        const string Remedy = "Rope scaling is not supported: use a model without it.";
        if (gguf.Tensors.ContainsKey(GgufNames.RopeFactors))
        {
            throw new ModelFormatException(gguf.File, $"holds '{GgufNames.RopeFactors}', the factors of a scaled rope. {Remedy}");
        }

        if (keys.Text("rope.scaling.type") is { } scaling and not ("none" or "linear")) // which is by a factor, below
        {
            throw new ModelFormatException(gguf.File, $"asks for rope scaling of type '{scaling}' ({keys.Name("rope.scaling.type")}). {Remedy}");
        }

        foreach (var key in (string[])["rope.scale_linear", "rope.scaling.factor", "rope.scaling.attn_factor"])
        {
            // llama.cpp takes 0 for none.
            if (keys.Number(key) is { } factor && factor is not (0 or 1))
            {
                throw new ModelFormatException(gguf.File, $"asks for rope scaling by {factor} ({keys.Name(key)}). {Remedy}");
            }
        }

        keys.MustBe("expert_count", 0, "a mixture of experts");
        keys.MustBe("attention.sliding_window", 0, "attention within a window");
        if (keys.Flag("attention.causal") == false)
        {
            throw gguf.Metadata.Error(keys.Name("attention.causal"), "is false: attention to later tokens, which is not supported");
        }
    }
}
