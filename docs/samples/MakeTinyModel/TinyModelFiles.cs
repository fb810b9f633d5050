using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MakeTinyModel;

/// <summary>The small files of the model's Hugging Face directory.</summary>
internal static class TinyModelFiles
{
    public const int Pad = 256;
    public const int End = 257;
    public const int VocabularySize = 264; // a multiple of eight

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static IReadOnlyDictionary<string, byte[]> Create(int hidden, int layers, int heads, int intermediate) => new Dictionary<string, byte[]>
    {
        ["config.json"] = Bytes(new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["hidden_size"] = hidden,
            ["intermediate_size"] = intermediate,
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = heads,
            ["hidden_act"] = "silu",
            ["rms_norm_eps"] = 1e-6,
            ["rope_theta"] = 10000.0,
            ["max_position_embeddings"] = 64,
            ["vocab_size"] = VocabularySize,
            ["tie_word_embeddings"] = true,
            ["attention_bias"] = false,
            ["mlp_bias"] = false,
            ["bos_token_id"] = null,
            ["eos_token_id"] = End,
            ["pad_token_id"] = Pad,
            ["torch_dtype"] = "float32",
        }),
        ["generation_config.json"] = Bytes(new JsonObject { ["eos_token_id"] = End, ["pad_token_id"] = Pad }),
        ["tokenizer_config.json"] = Bytes(new JsonObject
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["eos_token"] = "<|end|>",
            ["pad_token"] = "<|pad|>",
            ["model_max_length"] = 64,
            ["clean_up_tokenization_spaces"] = false,
        }),
        ["tokenizer.json"] = Bytes(Tokenizer()),
    };

    /// <summary>A token a byte and no merges: any text can be read, and a digit is one token.</summary>
    private static JsonObject Tokenizer()
    {
        var vocabulary = new JsonObject();
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            // GPT-2's spelling of bytes: printable ones are themselves, the others follow 255.
            var printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            vocabulary[((char)(printable ? value : next++)).ToString()] = value;
        }

        JsonObject Added(int id, string content) => new()
        {
            ["id"] = id, ["content"] = content, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true,
        };
        return new()
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(Added(Pad, "<|pad|>"), Added(End, "<|end|>")),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = null, ["continuing_subword_prefix"] = null, ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false, ["byte_fallback"] = false, ["ignore_merges"] = false, ["vocab"] = vocabulary, ["merges"] = new JsonArray(),
            },
        };
    }

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString(Indented) + "\n");
}
