using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo;

/// <summary>The tokenizer of a GGUF model as <c>tokenizer.json</c> and <c>tokenizer_config.json</c> have it.</summary>
/// <remarks>Source of the keys: docs/gguf.md of the ggml repository; of what they mean: llama.cpp's src/llama-vocab.cpp.</remarks>
internal static class GgufTokenizer
{
    public const string Bos = "tokenizer.ggml.bos_token_id", Eos = "tokenizer.ggml.eos_token_id", Pad = "tokenizer.ggml.padding_token_id";
    public const string EndOfTurn = "tokenizer.ggml.eot_token_id", EndOfMessage = "tokenizer.ggml.eom_token_id", Unknown = "tokenizer.ggml.unknown_token_id";
    public const string ModelKey = "tokenizer.ggml.model", PreKey = "tokenizer.ggml.pre", TokensKey = "tokenizer.ggml.tokens", TypesKey = "tokenizer.ggml.token_type";
    public const string MergesKey = "tokenizer.ggml.merges", ScoresKey = "tokenizer.ggml.scores", ChatTemplateKey = "tokenizer.chat_template";
    public const string AddBos = "tokenizer.ggml.add_bos_token", AddEos = "tokenizer.ggml.add_eos_token", AddSpace = "tokenizer.ggml.add_space_prefix";

    /// <summary>What a token is.</summary>
    public const int Normal = 1, UnknownToken = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    /// <summary>The id that llama.cpp writes where it has none.</summary>
    public const uint NoToken = uint.MaxValue;

    private const string Prefix = "tokenizer.";

    // All that is read, and what has no effect on tokens of a causal language model: the names of tokens for other uses, and the same tokenizer as JSON.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        Bos, Eos, Pad, EndOfTurn, EndOfMessage, Unknown, ModelKey, PreKey, TokensKey, TypesKey, MergesKey, ScoresKey, ChatTemplateKey, AddBos, AddEos, AddSpace,
        "tokenizer.ggml.seperator_token_id", "tokenizer.ggml.cls_token_id", "tokenizer.ggml.mask_token_id", "tokenizer.ggml.add_sep_token",
        "tokenizer.ggml.token_type_count", "tokenizer.huggingface.json", "tokenizer.ggml.prefix_token_id", "tokenizer.ggml.suffix_token_id",
        "tokenizer.ggml.middle_token_id", "tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.fim_suf_token_id", "tokenizer.ggml.fim_mid_token_id",
        "tokenizer.ggml.fim_pad_token_id", "tokenizer.ggml.fim_rep_token_id", "tokenizer.ggml.fim_sep_token_id",
    };

    /// <summary>Keys of the tokenizer that nothing reads and that may have a meaning, with what they say.</summary>
    public static IEnumerable<(string Name, string Value)> Unread(GgufMetadata metadata) => metadata.Values
        .Where(pair => pair.Key.StartsWith(Prefix, StringComparison.Ordinal) && !Known.Contains(pair.Key))
        .Select(pair => (pair.Key, GgufMetadata.Show(pair.Value)));

    /// <summary>tokenizer.json.</summary>
    /// <exception cref="ModelFormatException">The metadata contradicts itself, or the tokenizer is of a kind that is not supported.</exception>
    public static JsonObject Tokenizer(GgufMetadata metadata)
    {
        var model = metadata.Text(ModelKey) ?? throw metadata.Missing(ModelKey);
        var tokens = metadata.List<string>(TokensKey) ?? throw metadata.Missing(TokensKey);
        var types = metadata.List<long>(TypesKey) ?? TypesByUse(metadata, tokens);
        if (types.Count != tokens.Count)
        {
            throw metadata.Error(TypesKey, $"has {types.Count} entries for {tokens.Count} tokens");
        }

        if (GgufTokenNames.ArePlain(tokens))
        {
            throw metadata.Error(TokensKey, "names tokens by their numbers, so that no text can be turned into tokens: the file is for servers that are sent ids", "Use the model that it was saved from.");
        }

        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < tokens.Count; id++)
        {
            if (types[id] is < 0 or > Byte)
            {
                throw metadata.Error(TypesKey, $"says {types[id]} of token {id}, which is no type");
            }

            // Unused ids are names such as [PAD151665] for rows that fill a matrix up; text must never become one.
            if (types[id] != Unused && !vocabulary.TryAdd(tokens[id], id))
            {
                throw metadata.Error(TokensKey, $"has '{tokens[id]}' twice, as {vocabulary[tokens[id]]} and {id}");
            }
        }

        var parts = model switch
        {
            GgufByteLevel.Model => GgufByteLevel.Read(metadata),
            GgufMetaspace.Model => GgufMetaspace.Read(metadata, vocabulary, tokens),
            _ => throw metadata.Error(ModelKey, $"is '{model}'; supported are '{GgufByteLevel.Model}' (byte-level BPE) and '{GgufMetaspace.Model}' (SentencePiece BPE)"),
        };
        parts.Model["type"] = "BPE";
        parts.Model["vocab"] = new JsonObject(vocabulary.Select(token => KeyValuePair.Create(token.Key, (JsonNode?)token.Value)));
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. Enumerable.Range(0, tokens.Count)
                .Where(id => types[id] is Control or UserDefined or UnknownToken && tokens[id].Length > 0)
                .Select(id => Added(id, tokens[id], special: types[id] != UserDefined))]),
            ["normalizer"] = parts.Normalizer,
            ["pre_tokenizer"] = parts.PreTokenizer,
            ["post_processor"] = PostProcessor(metadata, tokens, parts.AddsBos),
            ["decoder"] = parts.Decoder,
            ["model"] = parts.Model,
        };
    }

    /// <summary>tokenizer_config.json: the special tokens by their names, and the chat template.</summary>
    public static JsonObject Config(GgufMetadata metadata)
    {
        var tokens = metadata.List<string>(TokensKey) ?? [];
        var config = new JsonObject();
        foreach (var (name, key) in (ReadOnlySpan<(string, string)>)[("bos_token", Bos), ("eos_token", Eos), ("pad_token", Pad), ("unk_token", Unknown)])
        {
            if (TokenId(metadata, key, tokens) is { } id)
            {
                config[name] = tokens[id];
            }
        }

        config["clean_up_tokenization_spaces"] = false;
        config["tokenizer_class"] = "PreTrainedTokenizerFast";
        if (metadata.Text(ChatTemplateKey) is { } template)
        {
            config["chat_template"] = template;
        }

        return config;
    }

    /// <summary>A token named by its id; null if the key is absent.</summary>
    public static int? TokenId(GgufMetadata metadata, string key, IReadOnlyList<string> tokens) => metadata.Whole(key) switch
    {
        null or NoToken => null,
        >= 0 and var id when id < tokens.Count => (int)id,
        var id => throw metadata.Error(key, $"is {id}, but there are {tokens.Count} tokens"),
    };

    /// <summary>Where the file does not say it, the tokens that it names for a use are no text.</summary>
    private static long[] TypesByUse(GgufMetadata metadata, IReadOnlyList<string> tokens)
    {
        var types = Enumerable.Repeat((long)Normal, tokens.Count).ToArray();
        foreach (var key in (string[])[Bos, Eos, EndOfTurn, EndOfMessage, Pad])
        {
            if (TokenId(metadata, key, tokens) is { } id)
            {
                types[id] = Control;
            }
        }

        return types;
    }

    private static JsonObject Added(int id, string content, bool special) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = special,
    };

    private static JsonObject? PostProcessor(GgufMetadata metadata, IReadOnlyList<string> tokens, bool addsBos)
    {
        var single = new JsonArray();
        var special = new JsonObject();
        Append(AddBos, addsBos, Bos);
        single.Add(new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } });
        Append(AddEos, false, Eos);
        return special.Count == 0 ? null : new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = single,
            ["pair"] = new JsonArray(),
            ["special_tokens"] = special,
        };

        void Append(string flag, bool absent, string key)
        {
            if (metadata.Flag(flag) ?? absent)
            {
                var id = TokenId(metadata, key, tokens) ?? throw metadata.Missing(key);
                single.Add(new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = tokens[id], ["type_id"] = 0 } });
                special[tokens[id]] = new JsonObject { ["id"] = tokens[id], ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(tokens[id]) };
            }
        }
    }
}
