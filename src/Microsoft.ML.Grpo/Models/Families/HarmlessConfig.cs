namespace Microsoft.ML.Grpo;

/// <summary>Keys of config.json that have no effect on what a trained network computes. Others that are not read are reported in the log.</summary>
internal static class HarmlessConfig
{
    private static readonly HashSet<string> Keys = new(StringComparer.Ordinal)
    {
        "_name_or_path", "_attn_implementation_autoset", "attn_implementation", "dtype", "torch_dtype", "transformers_version", "transformers.js_config",
        "initializer_range", "use_cache", "is_llama_config", "cache_implementation", "output_attentions", "output_hidden_states",
        "output_router_logits", "return_dict", "chunk_size_feed_forward", "finetuning_task", "id2label", "label2id", "problem_type",
        "task_specific_params", "tokenizer_class", "prefix", "is_decoder", "torchscript", "use_bfloat16", "unsloth_version", "unsloth_fixed",
        "model_name", "license",
    };

    public static bool Contains(string key) => Keys.Contains(key);
}
