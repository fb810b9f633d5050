using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Writes small tokenizer.json files: the 256 bytes in their alphabet's order (ids 0-255), then what a test adds.</summary>
internal static class TinyTokenizer
{
    public const int ImStart = 1000, ImEnd = 1001, Bos = 1002;

    public static JsonObject Json(string[]? merges = null, string[]? words = null, bool ignoreMerges = false)
    {
        var vocab = new JsonObject();
        foreach (var (character, value) in ByteLevel.Characters)
        {
            vocab[character.ToString()] = (int)value;
        }

        foreach (var merge in merges ?? [])
        {
            vocab[merge.Replace(" ", string.Empty, StringComparison.Ordinal)] = vocab.Count;
        }

        foreach (var word in words ?? [])
        {
            vocab[word] = vocab.Count;
        }

        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(Added(ImStart, "<|im_start|>"), Added(ImEnd, "<|im_end|>"), Added(Bos, "<s>")),
            ["normalizer"] = null,
            ["pre_tokenizer"] = Bytes(),
            ["post_processor"] = null,
            ["decoder"] = Bytes(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["ignore_merges"] = ignoreMerges,
                ["vocab"] = vocab,
                ["merges"] = new JsonArray([.. (merges ?? []).Select(m => JsonValue.Create(m))]),
            },
        };
    }

    public static JsonObject Added(int id, string content, bool special = true) =>
        new() { ["id"] = id, ["content"] = content, ["special"] = special, ["normalized"] = false, ["lstrip"] = false, ["rstrip"] = false, ["single_word"] = false };

    public static JsonObject Bytes(bool prefixSpace = false, bool useRegex = true) =>
        new() { ["type"] = "ByteLevel", ["add_prefix_space"] = prefixSpace, ["trim_offsets"] = true, ["use_regex"] = useRegex };

    public static JsonObject BosProcessor() => (JsonObject)JsonNode.Parse(
        """
        {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [1002], "tokens": ["<s>"]}}}]}
        """)!;

    public static PolicyTokenizer Read(JsonObject json, string? config = null, TimeProvider? clock = null)
    {
        var tokenizer = PolicyTokenizer.Read(
            JsonSerializer.SerializeToUtf8Bytes(json),
            config is null ? TokenizerConfig.Empty : TokenizerConfig.Read(System.Text.Encoding.UTF8.GetBytes(config), "tokenizer_config.json"));
        tokenizer.Clock = clock ?? tokenizer.Clock;
        return tokenizer;
    }
}
