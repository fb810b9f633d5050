using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>
/// Writes small tokenizer.json files of the SentencePiece kind: <c>&lt;unk&gt;</c>, <c>&lt;s&gt;</c>, <c>&lt;/s&gt;</c> (0 to 2), then the
/// bytes, then single characters, then what merges make.
/// </summary>
internal static class TinyMetaspace
{
    public const string Prepend = """{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}""";
    public const string Replace = """{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}""";
    public const string SplitAtSpaces = """{"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false}""";
    public const string Decoder = """{"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]}""";
    public const string StrippingDecoder = """{"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}""";

    /// <summary>Llama 2's form: a mark is put in front of the text, and taken off again.</summary>
    public static JsonObject Llama2() => Json(Prepend, null, StrippingDecoder);

    /// <summary>Gemma's form: nothing in front, and a pre-tokenizer that finds no spaces any more.</summary>
    public static JsonObject Gemma() => Json(Replace, SplitAtSpaces, Decoder);

    /// <summary>The form of newer files: the pre-tokenizer writes the marks.</summary>
    public static JsonObject Metaspace(string scheme, bool split) => Json(null, Part(scheme, split), StrippingDecoder);

    public static string Part(string scheme, bool split) =>
        $$"""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}", "split": {{(split ? "true" : "false")}}}""";

    public static JsonObject Json(string? normalizer, string? preTokenizer, string? decoder, bool fallback = true, bool unknown = true, bool fuse = true)
    {
        var vocab = new JsonObject();
        string[] tokens =
        [
            "<unk>", "<s>", "</s>", .. fallback ? Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>") : [],
            "▁", "a", "b", "c", "d", "e", "1", "2", ".", "\u00E9", "\u65E5", "\U0001F600",
        ];
        foreach (var token in tokens)
        {
            vocab[token] = vocab.Count;
        }

        string[] merges = ["d ▁", "▁ a", "b c", "▁a bc", "a b", "▁ ▁", "▁▁ ▁▁", "\U0001F600 \U0001F600", "d e", "▁ de", "1 2"];
        foreach (var merge in merges)
        {
            vocab.TryAdd(merge.Replace(" ", string.Empty, StringComparison.Ordinal), vocab.Count);
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(TinyTokenizer.Added(0, "<unk>"), TinyTokenizer.Added(1, "<s>"), TinyTokenizer.Added(2, "</s>")),
            ["normalizer"] = normalizer is null ? null : JsonNode.Parse(normalizer),
            ["pre_tokenizer"] = preTokenizer is null ? null : JsonNode.Parse(preTokenizer),
            ["post_processor"] = null,
            ["decoder"] = decoder is null ? null : JsonNode.Parse(decoder),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = unknown ? "<unk>" : null,
                ["fuse_unk"] = fuse,
                ["byte_fallback"] = fallback,
                ["vocab"] = vocab,
                ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]),
            },
        };
    }

    /// <summary>The tokens that a text becomes.</summary>
    public static string Tokens(JsonObject json, string text)
    {
        var names = ((JsonObject)json["model"]!["vocab"]!).ToDictionary(token => (int)token.Value!, token => token.Key);
        foreach (var token in (JsonArray)json["added_tokens"]!)
        {
            names[(int)token!["id"]!] = (string)token["content"]!;
        }

        return string.Join(' ', TinyTokenizer.Read(json).Encode(text, dropUnspellable: true).Select(id => names[id]));
    }
}
