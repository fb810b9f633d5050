using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Keys of config.json that change the computation in some model of the Llama kind and that no family here implements:
/// each may be absent or hold the value that switches it off, and is refused by name otherwise.
/// </summary>
internal static class UnsupportedConfig
{
    private const string UseAnother = "Use a model without it.";
    private const string NoDropout = "Set it to 0: training here has no dropout, and results would differ from the reference's.";

    /// <summary>Key, the number that switches it off besides null, false, 0 and empty, what it is, the remedy.</summary>
    private static readonly (string Key, double Neutral, string What, string Remedy)[] Table =
    [
        ("quantization_config", 0, "quantised weights", "Use the model's unquantised files."),
        ("compression_config", 0, "compressed weights", "Use the model's uncompressed files."),
        ("auto_map", 0, "Python code of the model's own", "Remove the key if the model is a plain one of its model_type."),
        ("pretraining_tp", 1, "split matrix products", "Set it to 1 if the results need not be equal to the bit."),
        ("attention_dropout", 0, "dropout", NoDropout),
        ("attention_probs_dropout_prob", 0, "dropout", NoDropout),
        ("attn_pdrop", 0, "dropout", NoDropout),
        ("embd_pdrop", 0, "dropout", NoDropout),
        ("resid_pdrop", 0, "dropout", NoDropout),
        ("resid_dropout", 0, "dropout", NoDropout),
        ("hidden_dropout", 0, "dropout", NoDropout),
        ("hidden_dropout_prob", 0, "dropout", NoDropout),
        ("embedding_dropout", 0, "dropout", NoDropout),
        ("mlp_dropout", 0, "dropout", NoDropout),
        ("embedding_multiplier", 1, "a scale on embeddings", UseAnother),
        ("scale_emb", 1, "a scale on embeddings", UseAnother),
        ("attention_multiplier", 0, "an attention scale", UseAnother),
        ("query_pre_attn_scalar", 0, "an attention scale", UseAnother),
        ("residual_multiplier", 1, "a scale on residuals", UseAnother),
        ("scale_depth", 0, "a scale on residuals", UseAnother),
        ("mlp_multipliers", 0, "scales in the MLP", UseAnother),
        ("mlp_multiplier", 1, "a scale in the MLP", UseAnother),
        ("key_multiplier", 1, "a scale on keys", UseAnother),
        ("lm_head_multiplier", 1, "a scale on logits", UseAnother),
        ("logits_scaling", 1, "a scale on logits", UseAnother),
        ("logit_scale", 1, "a scale on logits", UseAnother),
        ("dim_model_base", 0, "a scale on logits", UseAnother),
        ("final_logit_softcapping", 0, "soft-capped logits", UseAnother),
        ("logits_soft_cap", 0, "soft-capped logits", UseAnother),
        ("attn_logit_softcapping", 0, "soft-capped attention", UseAnother),
        ("clip_qkv", 0, "clipped q, k and v", UseAnother),
        ("lm_head_bias", 0, "a bias on the head", UseAnother),
        ("head_bias", 0, "a bias on the head", UseAnother),
        ("use_qk_norm", 0, "norms on q and k that are switched on by a key", UseAnother),
        ("qk_norm", 0, "norms on q and k that are switched on by a key", UseAnother),
        ("qk_layernorm", 0, "norms on q and k that are switched on by a key", UseAnother),
        ("partial_rotary_factor", 1, "rotary positions on a part of each head", UseAnother),
        ("rotary_pct", 1, "rotary positions on a part of each head", UseAnother),
        ("rope_interleaved", 0, "interleaved rotary positions", UseAnother),
        ("rope_ratio", 1, "scaled rotary positions", UseAnother),
        ("no_rope_layers", 0, "layers without rotary positions", UseAnother),
        ("no_rope_layer_interval", 0, "layers without rotary positions", UseAnother),
        ("alibi", 0, "ALiBi positions", UseAnother),
        ("attention_chunk_size", 0, "attention in chunks", UseAnother),
        ("use_bidirectional_attention", 0, "attention to later tokens", UseAnother),
        ("is_encoder_decoder", 0, "an encoder", UseAnother),
        ("add_cross_attention", 0, "cross attention", UseAnother),
        ("parallel_attn", 0, "attention and MLP side by side", UseAnother),
        ("num_experts", 0, "a mixture of experts", UseAnother),
        ("num_local_experts", 0, "a mixture of experts", UseAnother),
        ("n_routed_experts", 0, "a mixture of experts", UseAnother),
        ("num_nextn_predict_layers", 0, "layers that predict further tokens", UseAnother),
        ("text_config", 0, "a model of several parts", UseAnother),
        ("vision_config", 0, "a model that sees images", UseAnother),
        ("audio_config", 0, "a model that hears", UseAnother),
    ];

    public static void Check(ConfigJson json)
    {
        foreach (var (key, neutral, what, remedy) in Table)
        {
            if (json.Value(key) is { } value && !IsOff(value, neutral))
            {
                throw json.Error(key, $"is {ConfigJson.Show(value)}: {what}, which is not supported. {remedy}");
            }
        }

        if (json.Text("hidden_act") is { } activation and not ("silu" or "swish"))
        {
            throw json.Error("hidden_act", $"is '{activation}', which is not supported; only 'silu' is. Use a model with that activation.");
        }

        if (!json.Flag("is_causal", true))
        {
            throw json.Error("is_causal", "is false: attention to later tokens, which is not supported. Use a causal language model.");
        }
    }

    private static bool IsOff(JsonElement value, double neutral) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Number => value.GetDouble() == neutral,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };
}
