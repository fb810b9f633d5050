using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>A normalizer, pre-tokenizer or decoder of tokenizer.json: made, and compared with another by what it does.</summary>
internal static class TokenizerPart
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The keys that change what a part does, with the tokenizers library's defaults; other keys are for offsets.</summary>
    private static readonly Dictionary<string, (string Key, string Absent)[]> Keys = new(StringComparer.Ordinal)
    {
        ["ByteLevel"] = [("add_prefix_space", "true"), ("use_regex", "true")],
        ["Digits"] = [("individual_digits", "false")],
        ["Split"] = [("pattern", "null"), ("behavior", "null"), ("invert", "false")],
    };

    public static JsonObject Of(string type, params (string Key, JsonNode? Value)[] others)
    {
        var part = new JsonObject { ["type"] = type };
        foreach (var (key, value) in others)
        {
            part[key] = value;
        }

        return part;
    }

    /// <summary>One line of text, the same for parts that do the same; for errors too.</summary>
    public static string Text(JsonNode? part) => string.Join(", then ", Lines(part)) is { Length: > 0 } text ? text : "nothing";

    private static IEnumerable<string> Lines(JsonNode? part)
    {
        if (part is not JsonObject known || known["type"]?.GetValue<string>() is not { } type)
        {
            return part is null ? [] : [part.ToJsonString(Plain)];
        }

        if (type == "Sequence" && (known["pretokenizers"] ?? known["normalizers"] ?? known["decoders"]) is JsonArray parts)
        {
            return parts.SelectMany(Lines);
        }

        return Keys.TryGetValue(type, out var keys)
            ? [$"{type} ({string.Join(", ", keys.Select(key => $"{key.Key} {known[key.Key]?.ToJsonString(Plain) ?? key.Absent}"))})"]
            : [known.ToJsonString(Plain)];
    }
}
