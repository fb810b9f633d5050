using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Every option of TRL 1.16.0's GRPOConfig and of transformers 5.23.0's TrainingArguments, and what becomes of it here. Each is in one table.</summary>
internal static class TrlTables
{
    /// <summary>Options that are mapped onto ours, with the reference's defaults; none of ours applies.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Defaults { get; } = Table(
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

    /// <summary>Options with the only values that can be honoured, since others change numbers; a file that does not name one means the first.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Fixed { get; } = Table(
        """
        {
          "bf16": [false], "fp16": [false], "bf16_full_eval": [false], "fp16_full_eval": [false], "tf32": [null, false],
          "optim": ["adamw_torch_fused", "adamw_torch"], "optim_args": [null], "optim_target_modules": [null], "lr_scheduler_kwargs": [null, {}],
          "use_liger_kernel": [false], "cast_lm_head_to_fp32": [false], "torch_compile": [false], "label_smoothing_factor": [0, 0.0], "neftune_noise_alpha": [null],
          "vllm_importance_sampling_cap": [null], "router_aux_loss_coef": [null], "auto_find_batch_size": [false], "logging_steps": [1],
          "deepspeed": [null], "fsdp": [null, "", [], false], "parallelism_config": [null], "load_best_model_at_end": [false], "resume_from_checkpoint": [null]
        }
        """);

    /// <summary>Options whose whole effect is in the recording already, or that change no number of a run on one CPU.</summary>
    public static IReadOnlySet<string> WithoutEffect { get; } = Names(
        // what is sampled, and from which data
        """
        seed data_seed full_determinism num_train_epochs shuffle_dataset remove_unused_columns label_names ignore_data_skip accelerator_config train_sampling_strategy group_by_length length_column_name
        dataloader_num_workers dataloader_pin_memory dataloader_drop_last dataloader_persistent_workers dataloader_prefetch_factor
        top_p top_k min_p repetition_penalty generation_kwargs chat_template_kwargs cache_implementation max_tool_calling_iterations
        use_vllm vllm_mode vllm_model_impl vllm_structured_outputs_regex vllm_server_base_url vllm_server_host vllm_server_port vllm_server_timeout vllm_group_port
        vllm_gpu_memory_utilization vllm_max_model_length vllm_tensor_parallel_size vllm_enable_sleep_mode
        use_transformers_continuous_batching transformers_continuous_batching_config use_transformers_paged
        """,

        // when the policy is evaluated, and how its numbers are gathered
        """
        do_train do_eval do_predict eval_strategy eval_steps eval_delay eval_on_start eval_accumulation_steps eval_do_concat_batches eval_use_gather_object batch_eval_metrics prediction_loss_only
        include_for_metrics include_inputs_for_metrics metric_for_best_model greater_is_better
        """,

        // how the model is loaded and held in memory, on which devices
        """
        model_init_kwargs trust_remote_code disable_dropout gradient_checkpointing gradient_checkpointing_kwargs pad_to_multiple_of torch_empty_cache_steps liger_kernel_config
        use_cpu no_cuda use_mps_device local_rank average_tokens_across_devices ds3_gather_for_generation fsdp_config fp16_opt_level fp16_backend half_precision_backend torch_compile_backend torch_compile_mode
        ddp_backend ddp_bucket_cap_mb ddp_broadcast_buffers ddp_find_unused_parameters ddp_static_graph ddp_timeout
        """,

        // what is written, and where to
        """
        output_dir overwrite_output_dir run_name report_to project trackio_space_id trackio_bucket_id trackio_static_space_id disable_tqdm debug skip_memory_metrics
        log_level log_level_replica log_on_each_node logging_dir logging_strategy logging_first_step logging_nan_inf_filter include_num_input_tokens_seen include_tokens_per_second
        log_completions log_multimodal log_completions_hub_repo num_completions_to_print log_unique_prompts
        save_strategy save_steps save_total_limit save_only_model save_safetensors save_on_each_node restore_callback_states_from_checkpoint enable_jit_checkpoint
        push_to_hub hub_model_id hub_strategy hub_token hub_private_repo hub_always_push hub_revision
        """);

    private static Dictionary<string, JsonElement> Table(string json) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;

    private static HashSet<string> Names(params ReadOnlySpan<string> groups)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            names.UnionWith(group.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }

        return names;
    }
}
