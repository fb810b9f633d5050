using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Makes tokenizer.json files of random parts: what no real model combines has to be right, too.</summary>
internal static class DrawnTokenizer
{
    private const string Words = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public static JsonObject ByteLevel(Draw draw)
    {
        var json = TinyTokenizer.Json(["a b", "\u0120 a", "b c", "ab c", "1 2", "\u00C3 \u00A9", "' s", "\u0120 \u0120", "\u010A \u010A"], ["xyz", "\u0120ab"], draw.Chance(0.3));
        json["pre_tokenizer"] = Sequence("pretokenizers", [.. Repeat(draw, 2, () => Split(draw)), TinyTokenizer.Bytes(draw.Chance(0.3), draw.Chance(0.6))]);
        return WithCommonParts(json, draw, firstFreeId: ((JsonObject)json["model"]!["vocab"]!).Count);
    }

    public static JsonObject Metaspace(Draw draw)
    {
        var json = TinyMetaspace.Json(null, null, null, draw.Chance(0.6), draw.Chance(0.6), draw.Chance(0.5));
        json["model"]!["ignore_merges"] = draw.Chance(0.3);
        var mark = JsonNode.Parse(TinyMetaspace.Part(draw.From("always", "never"), draw.Chance(0.5)))!;
        json["pre_tokenizer"] = draw.Chance(0.3) ? null : Sequence("pretokenizers", [.. Repeat(draw, 2, () => Split(draw)), mark, .. Repeat(draw, 2, () => Split(draw))]);
        WithCommonParts(json, draw, firstFreeId: ((JsonObject)json["model"]!["vocab"]!).Count);
        json["decoder"] = draw.From(0, 1, 2, 3) switch
        {
            0 => null,
            1 => JsonNode.Parse(TinyMetaspace.Part(draw.From("always", "first", "never"), split: true)),
            2 => JsonNode.Parse(TinyMetaspace.Decoder),
            _ => JsonNode.Parse(TinyMetaspace.StrippingDecoder),
        };
        return json;
    }

    /// <summary>With the scheme <c>first</c>, and no normalizer, with which that is refused.</summary>
    public static JsonObject MetaspaceFirst(Draw draw)
    {
        var json = Metaspace(draw);
        json["normalizer"] = null;
        var mark = JsonNode.Parse(TinyMetaspace.Part("first", draw.Chance(0.5)))!;
        json["pre_tokenizer"] = Sequence("pretokenizers", [.. Repeat(draw, 2, () => Split(draw)), mark, .. Repeat(draw, 2, () => Split(draw))]);
        return json;
    }

    private static JsonObject WithCommonParts(JsonObject json, Draw draw, int firstFreeId)
    {
        json["normalizer"] = Sequence("normalizers", Repeat(draw, 3, () => Normalizer(draw)));
        var added = new JsonArray();
        var vocab = (JsonObject)json["model"]!["vocab"]!;
        foreach (var content in (string[])["<s>", "</s>", "<m>", "mask", "ab", "_"])
        {
            if (draw.Chance(0.5))
            {
                added.Add(new JsonObject
                {
                    ["id"] = vocab[content]?.DeepClone() ?? firstFreeId++,
                    ["content"] = content,
                    ["single_word"] = draw.Chance(0.3),
                    ["lstrip"] = draw.Chance(0.3),
                    ["rstrip"] = draw.Chance(0.3),
                    ["normalized"] = draw.Chance(0.3),
                    ["special"] = draw.Chance(0.5),
                });
            }
        }

        json["added_tokens"] = added;
        return json;
    }

    private static JsonObject Normalizer(Draw draw) => draw.From(0, 1, 2, 3) switch
    {
        0 => new JsonObject { ["type"] = draw.From("NFC", "NFD", "NFKC", "NFKD") },
        1 => new JsonObject { ["type"] = "Prepend", ["prepend"] = draw.From("\u2581", " ", "ab") },
        2 => new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "\u2581" },
        _ => new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["Regex"] = draw.From(" +", @"[bc]|\d", "^e|s$", @"(?i)k") }, ["content"] = draw.From("ab", "\u00E9", "\u2581") },
    };

    private static JsonObject Split(Draw draw) => draw.Chance(0.2)
        ? new JsonObject { ["type"] = "Digits", ["individual_digits"] = draw.Chance(0.5) }
        : new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = draw.Chance(0.4)
                ? new JsonObject { ["String"] = draw.From(" ", "\u2581", "ab", "\u00E9", ".") }
                : new JsonObject { ["Regex"] = draw.From(Words, @"\w+|[^\w\s]", @"\s+", "[ab]", "a*", @"\p{M}|\p{S}", @"\bs", "x?", ".") },
            ["behavior"] = draw.From(Enum.GetNames<SplitBehavior>()),
            ["invert"] = draw.Chance(0.3),
        };

    private static JsonNode[] Repeat(Draw draw, int most, Func<JsonNode> part) => [.. Enumerable.Range(0, draw.Below(most + 1)).Select(_ => part())];

    private static JsonObject Sequence(string name, params JsonNode[] parts) => new() { ["type"] = "Sequence", [name] = new JsonArray(parts) };
}
