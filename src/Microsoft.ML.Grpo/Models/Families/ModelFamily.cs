namespace Microsoft.ML.Grpo;

/// <summary>
/// What one <c>model_type</c> means: transformers' defaults for keys that config.json leaves out, and which parts the
/// network has. A further family is one small file here and a line in <see cref="ModelFamilies"/>.
/// </summary>
internal abstract class ModelFamily
{
    /// <summary><c>model_type</c> of config.json.</summary>
    public abstract string ModelType { get; }

    /// <summary>The only entry of <c>architectures</c> that this network is.</summary>
    public abstract string Architecture { get; }

    /// <summary>transformers' defaults of this family's config class.</summary>
    protected abstract ModelConfig Defaults { get; }

    /// <summary>Whether a head's size has a default of its own, instead of hidden / heads.</summary>
    protected virtual bool FixedHeadSize => false;

    /// <summary>Adds what only this family has, such as biases and norms.</summary>
    protected virtual ModelConfig Refine(ConfigJson json, ModelConfig common) => common;

    /// <summary>Reads config.json; what changes the computation and is not supported is refused by name.</summary>
    /// <exception cref="ModelFormatException">A value is out of range, contradicts another, or asks for what is not supported.</exception>
    public ModelConfig Read(ConfigJson json)
    {
        CheckArchitecture(json);
        UnsupportedConfig.Check(json);
        var heads = json.Count("num_attention_heads", Defaults.Heads);
        var hidden = json.Count("hidden_size", Defaults.HiddenSize);
        var layers = json.Count("num_hidden_layers", Defaults.Layers);
        AttentionWindows.CheckNone(json, layers);
        var config = Defaults with
        {
            ModelType = ModelType,
            VocabularySize = json.Count("vocab_size", Defaults.VocabularySize),
            HiddenSize = hidden,
            IntermediateSize = json.Count("intermediate_size", Defaults.IntermediateSize),
            Layers = layers,
            Heads = heads,
            KeyValueHeads = json.Has("num_key_value_heads") ? json.OptionalCount("num_key_value_heads") ?? heads : DefaultKeyValueHeads(heads),
            HeadSize = json.OptionalCount("head_dim") ?? (FixedHeadSize ? Defaults.HeadSize : Share(json, hidden, heads)),
            NormEpsilon = json.PositiveNumber("rms_norm_eps", Defaults.NormEpsilon),
            RopeTheta = RopeConfig.Theta(json, Defaults.RopeTheta),
            MaxPositions = json.Count("max_position_embeddings", Defaults.MaxPositions),
            TiedHead = json.Flag("tie_word_embeddings", Defaults.TiedHead),
            EosTokenIds = json.Has("eos_token_id") ? json.TokenIds("eos_token_id") : Defaults.EosTokenIds,
            BosTokenId = json.TokenId("bos_token_id"),
            PadTokenId = json.TokenId("pad_token_id"),
        };
        return Refine(json, Checked(json, config));
    }

    /// <summary>Llama's default is as many as query heads, the others' a fixed number.</summary>
    protected virtual int DefaultKeyValueHeads(int heads) => Defaults.KeyValueHeads;

    private void CheckArchitecture(ConfigJson json)
    {
        var named = json.Texts("architectures");
        if (named.Count > 0 && !named.Contains(Architecture))
        {
            throw json.Error("architectures", $"names {string.Join(", ", named)}; model_type '{ModelType}' is supported as {Architecture} only. Use a causal language model of that class.");
        }
    }

    private static int Share(ConfigJson json, int hidden, int heads) => hidden % heads == 0
        ? hidden / heads
        : throw json.Error("num_attention_heads", $"is {heads}, which does not divide hidden_size {hidden}, and there is no head_dim. Correct one of them, or add head_dim.");

    private static ModelConfig Checked(ConfigJson json, ModelConfig config)
    {
        if (config.Heads % config.KeyValueHeads != 0)
        {
            throw json.Error("num_key_value_heads", $"is {config.KeyValueHeads}, which does not divide num_attention_heads {config.Heads}. Correct one of them.");
        }

        if (config.HeadSize % 2 != 0)
        {
            throw json.Error("head_dim", $"is {config.HeadSize}; rotary positions need an even size. Correct head_dim, or hidden_size and num_attention_heads.");
        }

        if (config.PadTokenId is not { } pad)
        {
            return config;
        }

        // torch.nn.Embedding counts a negative padding_idx from the end.
        var row = pad < 0 ? pad + config.VocabularySize : pad;
        return row >= 0 && row < config.VocabularySize
            ? config with { PadTokenId = row }
            : throw json.Error("pad_token_id", $"is {pad}, outside the vocabulary of {config.VocabularySize} rows. Set it to null or to an id below vocab_size.");
    }
}
