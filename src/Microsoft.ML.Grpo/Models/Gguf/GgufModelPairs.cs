namespace Microsoft.ML.Grpo;

/// <summary>The metadata of a model as a GGUF file: the way back of <see cref="GgufConfig"/> and <see cref="GgufTokenizer"/>.</summary>
/// <remarks>Source: docs/gguf.md of the ggml repository, and llama.cpp's convert_hf_to_gguf.py.</remarks>
internal static class GgufModelPairs
{
    private const int QuantisationVersion = 2; // of the formats of blocks, which such files hold none of; llama.cpp's converter writes it all the same

    /// <param name="config">The model's shape.</param>
    /// <param name="files">The tokenizer's files.</param>
    /// <param name="stopIds">All ids that end a completion.</param>
    /// <param name="name">What the model is called.</param>
    /// <param name="options">Types and names.</param>
    /// <exception cref="NotSupportedException">The architecture or the format has no place for something in the model.</exception>
    public static GgufPairs Of(ModelConfig config, ModelFiles files, IReadOnlyList<int> stopIds, string name, GgufOptions options)
    {
        var architecture = GgufArchitecture.Of(config);
        var pairs = new GgufPairs();
        pairs.Add(GgufConfig.ArchitectureKey, architecture.Name);
        pairs.Add(GgufConfig.TypeKey, "model");
        pairs.Add(GgufConfig.NameKey, name);
        pairs.Add(GgufConfig.FileTypeKey, GgufFileType.Of(options.Type));
        pairs.Add("general.quantization_version", QuantisationVersion);
        AddShape(config, (key, value) => pairs.Add($"{architecture.Name}.{key}", value));
        pairs.Add($"{architecture.Name}.{GgufKeys.NormEpsilon}", (float)config.NormEpsilon);
        pairs.Add($"{architecture.Name}.{GgufKeys.RopeBase}", (float)config.RopeTheta);
        GgufTokenizerPairs.Add(pairs, config, files, stopIds, options.PlainTokenNames);
        return pairs;
    }

    private static void AddShape(ModelConfig config, Action<string, int> add)
    {
        add(GgufKeys.Vocabulary, config.VocabularySize);
        add(GgufKeys.Context, config.MaxPositions);
        add(GgufKeys.Embedding, config.HiddenSize);
        add(GgufKeys.Blocks, config.Layers);
        add(GgufKeys.FeedForward, config.IntermediateSize);
        add(GgufKeys.Heads, config.Heads);
        add(GgufKeys.KeyValueHeads, config.KeyValueHeads);
        add(GgufKeys.KeySize, config.HeadSize);
        add(GgufKeys.ValueSize, config.HeadSize);
        add(GgufKeys.RopeSize, config.HeadSize);
    }
}
