using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>SentencePiece's BPE, for both directions: spaces are spelled ▁, what the vocabulary lacks is spelled in bytes, and scores stand for the merges.</summary>
internal static partial class GgufMetaspace
{
    /// <summary><c>tokenizer.ggml.model</c>.</summary>
    public const string Model = "llama";

    /// <summary>What stands for a space.</summary>
    public const string Space = "\u2581";

    private const int LongestPiece = 1024; // merges take time with its square; SentencePiece itself makes pieces of 16 characters unless told otherwise

    /// <summary>The parts that the metadata stands for.</summary>
    public static GgufTokenizerParts Read(GgufMetadata metadata, Dictionary<string, int> vocabulary, IReadOnlyList<string> tokens)
    {
        var scores = metadata.List<double>(GgufTokenizer.ScoresKey) ?? throw metadata.Missing(GgufTokenizer.ScoresKey);
        if (scores.Count != tokens.Count)
        {
            throw metadata.Error(GgufTokenizer.ScoresKey, $"has {scores.Count} entries for {tokens.Count} tokens");
        }

        if (tokens.Max(token => (int?)token.Length) is > LongestPiece and var longest)
        {
            throw metadata.Error(GgufTokenizer.TokensKey, $"has a token of {longest} characters; vocabularies with scores are read up to {LongestPiece}");
        }

        var merges = GgufMerges.Of(vocabulary, scores)
            ?? throw metadata.Error(GgufTokenizer.TokensKey, "has tokens that can be put together from others in more ways than any vocabulary's");
        var spaceInFront = metadata.Flag(GgufTokenizer.AddSpace) ?? true;
        var decoders = new JsonArray(Replace(Space, " "), TokenizerPart.Of("ByteFallback"), TokenizerPart.Of("Fuse"));
        if (spaceInFront)
        {
            decoders.Add(TokenizerPart.Of("Strip", ("content", " "), ("start", 1), ("stop", 0)));
        }

        return new(
            new JsonObject
            {
                ["unk_token"] = GgufTokenizer.TokenId(metadata, GgufTokenizer.Unknown, tokens) is { } unknown ? tokens[unknown] : null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]),
            },
            Normalizer(spaceInFront),
            null,
            TokenizerPart.Of("Sequence", ("decoders", decoders)),
            AddsBos: true);
    }

    /// <summary>Whether a tokenizer is of this kind.</summary>
    public static bool Is(JsonObject tokenizer) => tokenizer["model"]?["byte_fallback"]?.GetValue<bool>() == true;

    /// <summary>What a token of such a vocabulary is, as far as its name tells.</summary>
    public static int TypeOf(string token) => ByteToken().IsMatch(token) ? GgufTokenizer.Byte : GgufTokenizer.Normal;

    /// <summary>Adds what the metadata says of a tokenizer of this kind alone.</summary>
    /// <exception cref="NotSupportedException">It treats spaces in a way that GGUF has no word for, or its merges are not those of scores.</exception>
    public static void Add(GgufPairs pairs, JsonObject tokenizer, Dictionary<string, int> vocabulary, IReadOnlyList<string> merges, int count)
    {
        var (normalizer, preTokenizer) = (TokenizerPart.Text(tokenizer["normalizer"]), TokenizerPart.Text(tokenizer["pre_tokenizer"]));
        var spaceInFront = preTokenizer != TokenizerPart.Text(null) ? (bool?)null
            : normalizer == TokenizerPart.Text(Normalizer(true)) ? true
            : normalizer == TokenizerPart.Text(Normalizer(false)) ? false
            : null;
        var scores = GgufMerges.Scores(vocabulary, merges, count)
            ?? throw GgufRefusal.OfTokenizer("has merges that no scores of its pieces give, and GGUF keeps scores alone of a vocabulary that spells spaces ▁");
        pairs.Add(GgufTokenizer.ModelKey, Model);
        pairs.Add(GgufTokenizer.PreKey, "default");
        pairs.Add(GgufTokenizer.ScoresKey, scores);
        pairs.Add(GgufTokenizer.AddSpace, spaceInFront
            ?? throw GgufRefusal.OfTokenizer($"normalises text by: {normalizer}; and cuts it by: {preTokenizer}: GGUF has words for spaces as {Space} alone, with or without one in front of every text"));
        if (Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>").FirstOrDefault(name => !vocabulary.ContainsKey(name)) is { } absent)
        {
            throw GgufRefusal.OfTokenizer($"spells characters in bytes and has no token '{absent}', for want of which llama.cpp would end its process");
        }
    }

    private static JsonObject Normalizer(bool spaceInFront) => spaceInFront
        ? TokenizerPart.Of("Sequence", ("normalizers", new JsonArray(TokenizerPart.Of("Prepend", ("prepend", Space)), Replace(" ", Space))))
        : Replace(" ", Space);

    private static JsonObject Replace(string text, string by) => TokenizerPart.Of("Replace", ("pattern", new JsonObject { ["String"] = text }), ("content", by));

    [GeneratedRegex("^<0x[0-9A-F]{2}>$", RegexOptions.CultureInvariant)]
    private static partial Regex ByteToken();
}
