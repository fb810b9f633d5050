using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>The parts of a tokenizer that depend on its kind.</summary>
/// <param name="Model">Merges and flags of the BPE.</param>
/// <param name="Normalizer">What is done to the text first; null: nothing.</param>
/// <param name="PreTokenizer">How it is cut; null: not at all.</param>
/// <param name="Decoder">How tokens become text.</param>
/// <param name="AddsBos">Whether a BOS comes first where the metadata does not say.</param>
internal sealed record GgufTokenizerParts(JsonObject Model, JsonObject? Normalizer, JsonObject? PreTokenizer, JsonObject Decoder, bool AddsBos);

/// <summary>
/// llama.cpp names a way to cut text (<c>tokenizer.ggml.pre</c>) and keeps its patterns in its own code; here they are as
/// <c>tokenizer.json</c> of the models has them.
/// </summary>
internal static class GgufPreTokenizers
{
    private const string Qwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <exception cref="ModelFormatException">The way is not known here.</exception>
    public static GgufTokenizerParts ByteLevel(GgufMetadata metadata)
    {
        if (metadata.Flag(GgufTokenizer.AddSpace) == true)
        {
            throw metadata.Error(GgufTokenizer.AddSpace, "is true for byte-level BPE, which is not supported");
        }

        var merges = metadata.List<string>(GgufTokenizer.MergesKey) ?? throw metadata.Missing(GgufTokenizer.MergesKey);
        var pre = metadata.Text(GgufTokenizer.PreKey) ?? throw metadata.Missing(GgufTokenizer.PreKey);
        return pre switch
        {
            "gpt-2" => Parts(null, Gpt2(), ignoreMerges: false),
            "smollm" or "starcoder" or "refact" or "command-r" or "codeshell" => Parts(null, Sequence(
                new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, Gpt2()), ignoreMerges: false),
            "qwen2" => Parts(new JsonObject { ["type"] = "NFC" }, Split(Qwen2), ignoreMerges: false),
            "llama-bpe" or "llama3" or "llama-v3" => Parts(null, Split(Llama3), ignoreMerges: true),
            _ => throw metadata.Error(GgufTokenizer.PreKey, $"is '{pre}'; supported are gpt-2, smollm, starcoder, refact, command-r, codeshell, qwen2 and llama-bpe"),
        };

        GgufTokenizerParts Parts(JsonObject? normalizer, JsonObject preTokenizer, bool ignoreMerges) => new(
            new JsonObject { ["ignore_merges"] = ignoreMerges, ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]) },
            normalizer,
            preTokenizer,
            Bytes(useRegex: false),
            AddsBos: ignoreMerges);
    }

    /// <summary>SentencePiece's BPE: spaces are spelled ▁, what the vocabulary lacks is spelled in bytes.</summary>
    public static GgufTokenizerParts Metaspace(GgufMetadata metadata, IReadOnlyDictionary<string, int> vocabulary, IReadOnlyList<string> tokens)
    {
        const string Space = "\u2581";
        var scores = metadata.List<double>(GgufTokenizer.ScoresKey) ?? throw metadata.Missing(GgufTokenizer.ScoresKey);
        if (scores.Count != tokens.Count)
        {
            throw metadata.Error(GgufTokenizer.ScoresKey, $"has {scores.Count} entries for {tokens.Count} tokens");
        }

        var spaceInFront = metadata.Flag(GgufTokenizer.AddSpace) ?? true;
        var replace = Typed("Replace", ("pattern", new JsonObject { ["String"] = " " }), ("content", Space));
        var decoders = new JsonArray(Typed("Replace", ("pattern", new JsonObject { ["String"] = Space }), ("content", " ")), Typed("ByteFallback"), Typed("Fuse"));
        if (spaceInFront)
        {
            decoders.Add(Typed("Strip", ("content", " "), ("start", 1), ("stop", 0)));
        }

        return new(
            new JsonObject
            {
                ["unk_token"] = GgufTokenizer.TokenId(metadata, GgufTokenizer.Unknown, tokens) is { } unknown ? tokens[unknown] : null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["merges"] = new JsonArray([.. GgufMerges.Of(vocabulary, scores).Select(merge => JsonValue.Create(merge))]),
            },
            spaceInFront ? Typed("Sequence", ("normalizers", new JsonArray(Typed("Prepend", ("prepend", Space)), replace))) : replace,
            null,
            Typed("Sequence", ("decoders", decoders)),
            AddsBos: true);
    }

    private static JsonObject Gpt2() => Bytes(useRegex: true);

    private static JsonObject Bytes(bool useRegex) => Typed("ByteLevel", ("add_prefix_space", false), ("trim_offsets", true), ("use_regex", useRegex));

    private static JsonObject Split(string pattern) => Sequence(
        Typed("Split", ("pattern", new JsonObject { ["Regex"] = pattern }), ("behavior", "Isolated"), ("invert", false)), Bytes(useRegex: false));

    private static JsonObject Sequence(params JsonNode[] parts) => Typed("Sequence", ("pretokenizers", new JsonArray(parts)));

    private static JsonObject Typed(string type, params (string Key, JsonNode? Value)[] others)
    {
        var part = new JsonObject { ["type"] = type };
        foreach (var (key, value) in others)
        {
            part[key] = value;
        }

        return part;
    }
}
