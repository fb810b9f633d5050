using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>
/// The options of a recorded run by the reference's names: what its file names, over the defaults of TRL 1.16.0 and of transformers 5.23.0.
/// An option that is in neither of the tables, or one that a replay could not honour, is an error.
/// </summary>
internal sealed class RunOptions
{
    /// <summary>Options that are mapped onto ours, with the reference's defaults; none of ours applies.</summary>
    private static readonly Dictionary<string, JsonElement> Defaults = Table(
        """
        {
          "per_device_train_batch_size": 8, "gradient_accumulation_steps": 1, "steps_per_generation": null, "generation_batch_size": null,
          "num_generations": 8, "num_iterations": 1, "max_completion_length": 512, "max_steps": -1, "temperature": 1.0,
          "num_generations_eval": null, "per_device_eval_batch_size": 8,
          "learning_rate": 1e-6, "lr_scheduler_type": "linear", "warmup_steps": 0, "warmup_ratio": null,
          "adam_beta1": 0.9, "adam_beta2": 0.999, "adam_epsilon": 1e-8, "weight_decay": 0.0, "max_grad_norm": 1.0,
          "loss_type": "dapo", "importance_sampling_level": "token", "epsilon": 0.2, "epsilon_high": null, "delta": null,
          "sapo_temperature_pos": 1.0, "sapo_temperature_neg": 1.05,
          "vespo_k_pos": 2.0, "vespo_lambda_pos": 3.0, "vespo_k_neg": 3.0, "vespo_lambda_neg": 2.0,
          "off_policy_mask_threshold": null, "top_entropy_quantile": 1.0, "mask_truncated_completions": false,
          "entropy_coef": 0.0, "use_adaptive_entropy": false, "entropy_target": 0.2, "entropy_coef_delta": 0.005, "entropy_coef_min": 0.0, "entropy_coef_max": 1.0,
          "beta": 0.0, "use_bias_correction_kl": true, "sync_ref_model": false, "ref_model_mixup_alpha": 0.6, "ref_model_sync_steps": 512,
          "reward_weights": null, "scale_rewards": "group", "multi_objective_aggregation": "sum_then_normalize",
          "vllm_importance_sampling_correction": true, "vllm_importance_sampling_mode": "sequence_mask",
          "vllm_importance_sampling_clip_max": 3.0, "vllm_importance_sampling_clip_min": null
        }
        """);

    /// <summary>Options with the only values that can be honoured; a file that does not name one means the first.</summary>
    private static readonly Dictionary<string, JsonElement> Fixed = Table(
        """
        {
          "bf16": [false], "fp16": [false], "optim": ["adamw_torch", "adamw_torch_fused"], "optim_args": [null], "lr_scheduler_kwargs": [null, {}],
          "use_liger_kernel": [false], "cast_lm_head_to_fp32": [false], "torch_compile": [false], "label_smoothing_factor": [0, 0.0], "neftune_noise_alpha": [null],
          "vllm_importance_sampling_cap": [null], "router_aux_loss_coef": [null], "auto_find_batch_size": [false], "logging_steps": [1]
        }
        """);

    /// <summary>Options whose whole effect is in the recording already, or that change no number.</summary>
    private static readonly HashSet<string> WithoutEffect = new(StringComparer.Ordinal)
    {
        "seed", "data_seed", "full_determinism", "num_train_epochs", "shuffle_dataset", "remove_unused_columns", "dataloader_num_workers", "dataloader_pin_memory", "dataloader_drop_last",
        "eval_strategy", "eval_steps", "eval_on_start", "eval_delay", "top_p", "top_k", "min_p", "repetition_penalty", "generation_kwargs", "chat_template_kwargs", "cache_implementation", "max_tool_calling_iterations",
        "use_vllm", "vllm_mode", "vllm_model_impl", "vllm_structured_outputs_regex", "vllm_server_base_url", "vllm_server_host", "vllm_server_port", "vllm_server_timeout", "vllm_group_port",
        "vllm_gpu_memory_utilization", "vllm_max_model_length", "vllm_tensor_parallel_size", "vllm_enable_sleep_mode", "use_transformers_continuous_batching", "use_transformers_paged",
        "gradient_checkpointing", "gradient_checkpointing_kwargs", "pad_to_multiple_of", "disable_dropout", "model_init_kwargs", "ds3_gather_for_generation", "torch_empty_cache_steps",
        "use_cpu", "output_dir", "report_to", "disable_tqdm", "run_name", "logging_strategy", "logging_first_step", "logging_dir", "log_completions", "num_completions_to_print", "log_unique_prompts",
        "save_strategy", "save_steps", "save_total_limit", "save_only_model",
    };

    private readonly IReadOnlyDictionary<string, JsonElement> _named;

    /// <exception cref="NotSupportedException">An option is not known, or its value cannot be honoured.</exception>
    public RunOptions(IReadOnlyDictionary<string, JsonElement> named)
    {
        _named = named;
        foreach (var (name, value) in named)
        {
            if (Fixed.TryGetValue(name, out var allowed))
            {
                if (!allowed.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)))
                {
                    throw Refused(name, value, $"only {allowed.GetRawText()} can be replayed");
                }
            }
            else if (!Defaults.ContainsKey(name) && !WithoutEffect.Contains(name))
            {
                throw Refused(name, value, "no such option is known here");
            }
        }
    }

    public int Integer(string name) => Read(name, value => value.GetInt32());

    public int? OptionalInteger(string name) => IsNull(name) ? null : Integer(name);

    public double Number(string name) => Read(name, value => value.GetDouble());

    public double? OptionalNumber(string name) => IsNull(name) ? null : Number(name);

    public bool Flag(string name) => Read(name, value => value.GetBoolean());

    /// <summary>One value of an enumeration.</summary>
    /// <param name="name">The option.</param>
    /// <param name="values">What each of its values, as JSON writes it, means.</param>
    public T Choice<T>(string name, params ReadOnlySpan<(string Json, T Meaning)> values)
    {
        var json = Of(name);
        foreach (var (text, meaning) in values)
        {
            if (json.GetRawText() == text || (json.ValueKind == JsonValueKind.String && json.ValueEquals(text)))
            {
                return meaning;
            }
        }

        throw Refused(name, json, "that value is not known here");
    }

    /// <summary>A list of numbers, or null.</summary>
    public IReadOnlyList<double>? Numbers(string name) =>
        IsNull(name) ? null : Read(name, value => value.EnumerateArray().Select(item => item.GetDouble()).ToArray());

    private static NotSupportedException Refused(string name, JsonElement value, string why) =>
        new($"option {name} is {value.GetRawText()}: {why}");

    private static Dictionary<string, JsonElement> Table(string json) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;

    private bool IsNull(string name) => Of(name).ValueKind == JsonValueKind.Null;

    private JsonElement Of(string name) => _named.TryGetValue(name, out var value) ? value : Defaults[name];

    private T Read<T>(string name, Func<JsonElement, T> read)
    {
        var value = Of(name);
        try
        {
            return read(value);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            throw Refused(name, value, "that is not a value of its type");
        }
    }
}
