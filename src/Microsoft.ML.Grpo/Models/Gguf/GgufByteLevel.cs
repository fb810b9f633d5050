using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Byte-level BPE. llama.cpp names a way to cut the text first (<c>tokenizer.ggml.pre</c>) and keeps its patterns in its own code; here
/// they are as <c>tokenizer.json</c> of the models has them, for both directions.
/// </summary>
internal static class GgufByteLevel
{
    /// <summary><c>tokenizer.ggml.model</c>.</summary>
    public const string Model = "gpt2";

    private const string Qwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly Way[] Known =
    [
        new(["gpt-2"], null, Gpt2(), IgnoreMerges: false),
        new(["smollm", "starcoder", "refact", "codeshell"], null, Sequence(TokenizerPart.Of("Digits", ("individual_digits", true)), Gpt2()), IgnoreMerges: false),
        new(["qwen2"], TokenizerPart.Of("NFC"), Split(Qwen2), IgnoreMerges: false),
        new(["deepseek-r1-qwen"], null, Split(Qwen2), IgnoreMerges: false),
        new(["llama-bpe", "llama3", "llama-v3"], null, Split(Llama3), IgnoreMerges: true),
    ];

    private static string Names => string.Join(", ", Known.SelectMany(way => way.Names));

    /// <summary>The parts that the metadata stands for.</summary>
    /// <exception cref="ModelFormatException">The way is not known here.</exception>
    public static GgufTokenizerParts Read(GgufMetadata metadata)
    {
        if (metadata.Flag(GgufTokenizer.AddSpace) == true)
        {
            throw metadata.Error(GgufTokenizer.AddSpace, "is true for byte-level BPE, which is not supported");
        }

        var merges = metadata.List<string>(GgufTokenizer.MergesKey) ?? throw metadata.Missing(GgufTokenizer.MergesKey);
        var pre = metadata.Text(GgufTokenizer.PreKey) ?? throw metadata.Missing(GgufTokenizer.PreKey);
        var way = Known.FirstOrDefault(way => way.Names.Contains(pre)) ?? throw metadata.Error(GgufTokenizer.PreKey, $"is '{pre}'; supported are {Names}");
        return new(
            new JsonObject { ["ignore_merges"] = way.IgnoreMerges, ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]) },
            way.Normalizer?.DeepClone(),
            way.PreTokenizer.DeepClone(),
            Bytes(useRegex: false),
            AddsBos: way.IgnoreMerges);
    }

    /// <summary>Adds what the metadata says of a tokenizer of this kind alone.</summary>
    /// <exception cref="NotSupportedException">llama.cpp has no name for its way to cut text, or none that is known here.</exception>
    public static void Add(GgufPairs pairs, JsonObject tokenizer, Dictionary<string, int> vocabulary, IReadOnlyList<string> merges)
    {
        var (normalizer, preTokenizer) = (TokenizerPart.Text(tokenizer["normalizer"]), TokenizerPart.Text(tokenizer["pre_tokenizer"]));
        var ignoreMerges = tokenizer["model"]!["ignore_merges"]?.GetValue<bool>() ?? false;
        var way = Known.FirstOrDefault(way =>
            TokenizerPart.Text(way.Normalizer) == normalizer && TokenizerPart.Text(way.PreTokenizer) == preTokenizer && way.IgnoreMerges == ignoreMerges)
            ?? throw GgufRefusal.OfTokenizer($"normalises text by: {normalizer}; cuts it by: {preTokenizer}; and has ignore_merges {(ignoreMerges ? "true" : "false")}: together that is none of the ways that GGUF has a name for and that are known here ({Names})");
        if (tokenizer["model"]!["unk_token"] is { } unknown && ByteLevel.Characters.Select(pair => pair.Character.ToString()).FirstOrDefault(name => !vocabulary.ContainsKey(name)) is { } absent)
        {
            throw GgufRefusal.OfTokenizer($"has no token '{absent}' and reads '{unknown}' in its place, where llama.cpp reads nothing");
        }

        pairs.Add(GgufTokenizer.ModelKey, Model);
        pairs.Add(GgufTokenizer.PreKey, way.Names[0]);
        pairs.Add(GgufTokenizer.MergesKey, merges);
        pairs.Add(GgufTokenizer.AddSpace, false);
    }

    private static JsonObject Gpt2() => Bytes(useRegex: true);

    private static JsonObject Bytes(bool useRegex) => TokenizerPart.Of("ByteLevel", ("add_prefix_space", false), ("trim_offsets", true), ("use_regex", useRegex));

    private static JsonObject Split(string pattern) => Sequence(
        TokenizerPart.Of("Split", ("pattern", new JsonObject { ["Regex"] = pattern }), ("behavior", "Isolated"), ("invert", false)), Bytes(useRegex: false));

    private static JsonObject Sequence(params JsonNode[] parts) => TokenizerPart.Of("Sequence", ("pretokenizers", new JsonArray(parts)));

    /// <summary>A way to cut text.</summary>
    /// <param name="Names">llama.cpp's names for it; the first is written.</param>
    /// <param name="Normalizer">What is done to the text first.</param>
    /// <param name="PreTokenizer">How it is cut.</param>
    /// <param name="IgnoreMerges">Whether a piece that is a token stays whole.</param>
    private sealed record Way(string[] Names, JsonObject? Normalizer, JsonObject PreTokenizer, bool IgnoreMerges);
}
