namespace Microsoft.ML.Grpo;

/// <summary>The tensors' names on both sides.</summary>
/// <remarks>Source: llama.cpp's gguf-py/gguf/tensor_mapping.py and convert_hf_to_gguf.py.</remarks>
internal static class GgufNames
{
    public const string Embedding = "token_embd.weight";
    public const string Head = "output.weight";

    /// <summary>Inverse frequencies of a scaled rope, which is not supported.</summary>
    public const string RopeFactors = "rope_freqs.weight";

    private const string HuggingFaceLayer = "model.layers.", Block = "blk.";

    private static readonly (string HuggingFace, string Gguf)[] Outside =
    [
        (ModelWeights.Embedding, Embedding),
        ("model.norm.weight", "output_norm.weight"),
        (ModelWeights.Head, Head),
    ];

    private static readonly (string HuggingFace, string Gguf)[] Inside =
    [
        ("input_layernorm", "attn_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];

    /// <summary>The Hugging Face name of a tensor; null if there is none.</summary>
    public static string? ToHuggingFace(string gguf) => Translate(gguf, Block, HuggingFaceLayer, toHuggingFace: true);

    /// <summary>llama.cpp's name of a tensor; null if there is none.</summary>
    public static string? ToGguf(string huggingFace) => Translate(huggingFace, HuggingFaceLayer, Block, toHuggingFace: false);

    private static string? Translate(string name, string from, string to, bool toHuggingFace)
    {
        if (!name.StartsWith(from, StringComparison.Ordinal))
        {
            return Pair(Outside, name, toHuggingFace);
        }

        // layer . part . weight or bias
        var (dot, last) = (name.IndexOf('.', from.Length), name.LastIndexOf('.'));
        return dot >= 0 && dot < last && Pair(Inside, name[(dot + 1)..last], toHuggingFace) is { } part
            ? $"{to}{name[from.Length..dot]}.{part}{name[last..]}"
            : null;
    }

    private static string? Pair((string HuggingFace, string Gguf)[] pairs, string name, bool toHuggingFace)
    {
        foreach (var (huggingFace, gguf) in pairs)
        {
            if (name == (toHuggingFace ? gguf : huggingFace))
            {
                return toHuggingFace ? huggingFace : gguf;
            }
        }

        return null;
    }
}
