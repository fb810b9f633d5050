using System.Text.Json;
using Microsoft.ML.Grpo.Parity;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The parity checker's way from the reference's options to ours.</summary>
[TestClass]
public class ReplayOptionsTests
{
    [TestMethod]
    public void Without_a_named_option_everything_is_the_references_default()
    {
        var options = Map("{}");
        Assert.AreEqual((8, 1), (options.GroupSize, options.PromptsPerRollout));
        Assert.AreEqual(new AdvancedSchedule(1, 1, 1), options.AdvancedSchedule);
        Assert.AreEqual((512, 1.0), (options.MaxCompletionTokens, options.Sampling.Temperature));
        Assert.AreEqual((1e-6, LearningRateSchedule.Linear, 0), (options.Optimizer.LearningRate, options.Optimizer.Schedule, options.Optimizer.WarmupSteps));
        Assert.AreEqual((0.9, 0.999, 1e-8, 0.0, 1.0), (options.Optimizer.Beta1, options.Optimizer.Beta2, options.Optimizer.Epsilon, options.Optimizer.WeightDecay, options.Optimizer.MaxGradientNorm));
        Assert.AreEqual((LossType.Dapo, RatioLevel.Token, 0.2, 0.2), (options.Loss.Type, options.Loss.RatioLevel, options.Loss.EpsilonLow, options.Loss.EpsilonHigh));
        Assert.AreEqual((0.0, 1.0, false), (options.Loss.Beta, options.Loss.TopEntropyQuantile, options.Loss.MaskTruncatedCompletions));
        Assert.AreEqual((ScaleRewards.Group, RewardAggregation.SumThenNormalize), (options.Loss.ScaleRewards, options.Loss.RewardAggregation));
        Assert.AreEqual(CorrectionMode.Off, options.ImportanceSampling.Mode);
        OptionRules.Check(options);
    }

    [TestMethod]
    public void A_correction_without_named_options_masks_sequences_above_3()
    {
        var correction = Map("{}", correction: true).ImportanceSampling;
        Assert.AreEqual((CorrectionMode.SequenceMask, null, 3.0), (correction.Mode, correction.MinRatio, correction.MaxRatio));
    }

    [TestMethod]
    [DataRow("""{"gradient_accumulation_steps":3}""", 3, 3, 1, 3)]
    [DataRow("""{"gradient_accumulation_steps":3,"steps_per_generation":2}""", 3, 2, 1, 2)]
    [DataRow("""{"generation_batch_size":32,"num_iterations":2}""", 1, 4, 2, 4)]
    [DataRow("""{"per_device_train_batch_size":4,"steps_per_generation":4}""", 1, 4, 1, 2)]
    public void Slices_and_prompts_follow_from_the_batch_sizes(string json, int accumulation, int slices, int iterations, int prompts)
    {
        var options = Map(json, rows: prompts * 8);
        Assert.AreEqual(new AdvancedSchedule(accumulation, slices, iterations), options.AdvancedSchedule);
        Assert.AreEqual(prompts, options.PromptsPerRollout);
    }

    [TestMethod]
    [DataRow("""{"lr_scheduler_type":"constant","warmup_steps":3}""", 0)] // the plain constant schedule has no warm-up
    [DataRow("""{"lr_scheduler_type":"constant_with_warmup","warmup_steps":1}""", 1)]
    [DataRow("""{"warmup_steps":0.5}""", 1)]
    [DataRow("""{"lr_scheduler_type":"cosine","warmup_ratio":0.1}""", 1)]
    public void Warm_up_is_steps_or_a_share_of_them(string json, int steps) => Assert.AreEqual(steps, Map(json).Optimizer.WarmupSteps);

    [TestMethod]
    [DataRow("true", ScaleRewards.Group)]
    [DataRow("false", ScaleRewards.None)]
    [DataRow("\"none\"", ScaleRewards.None)]
    [DataRow("\"batch\"", ScaleRewards.Batch)]
    public void Rewards_are_scaled_by_name_or_by_flag(string json, ScaleRewards expected) => Assert.AreEqual(expected, Map($$"""{"scale_rewards":{{json}}}""").Loss.ScaleRewards);

    [TestMethod]
    [DataRow("""{"loss_type":"cispo","epsilon":0.1,"epsilon_high":5.0,"delta":2.0}""")]
    [DataRow("""{"loss_type":"sapo","epsilon":0.1,"sapo_temperature_pos":2.0}""")]
    [DataRow("""{"loss_type":"vespo","epsilon_high":0.3,"vespo_k_pos":1.0}""")]
    [DataRow("""{"loss_type":"grpo","epsilon":0.1,"delta":1.5,"vespo_k_pos":1.0,"sapo_temperature_neg":2.0,"use_bias_correction_kl":false,"entropy_target":3.0}""")]
    [DataRow("""{"beta":0.1,"sync_ref_model":true,"ref_model_sync_steps":2}""")]
    [DataRow("""{"use_adaptive_entropy":true,"entropy_target":3.0}""")]
    [DataRow("""{"top_p":0.9,"top_k":5}""")]
    [DataRow("""{"multi_objective_aggregation":"normalize_then_sum","scale_rewards":"none"}""")]
    [DataRow("""{"multi_objective_aggregation":"normalize_then_sum","scale_rewards":false}""")]
    [DataRow("""{"beta":0.1,"sync_ref_model":true}""")] // after 512 steps: never
    public void What_the_reference_ignores_is_not_set_where_ours_would_refuse_it(string json) => OptionRules.Check(Map(json));

    [TestMethod]
    [DataRow("""{"loss_type":"ppo"}""", """option loss_type is "ppo": none of grpo, bnpo, dr_grpo, dapo, cispo, sapo, luspo, vespo""")]
    [DataRow("""{"lr_scheduler_type":"polynomial"}""", """option lr_scheduler_type is "polynomial": none of constant, constant_with_warmup, linear, cosine""")]
    [DataRow("""{"epsilon":"small"}""", """option epsilon is "small": that is not a value of its type""")]
    [DataRow("""{"logging_steps":10}""", "option logging_steps is 10: only [1] can be replayed")]
    public void A_value_that_cannot_be_honoured_is_refused(string json, string message) =>
        Assert.AreEqual(message, Assert.ThrowsExactly<NotSupportedException>(() => Map(json)).Message);

    [TestMethod]
    public void Every_option_of_the_reference_is_in_one_table()
    {
        string[] tables = [.. TrlTables.Defaults.Keys, .. TrlTables.Fixed.Keys, .. TrlTables.WithoutEffect];
        CollectionAssert.AllItemsAreUnique(tables);

        // All that a run may be configured with, by the reference's description of GRPOConfig, and much that it inherits.
        const string Names = """
            learning_rate logging_steps gradient_checkpointing bf16 remove_unused_columns use_liger_kernel lr_scheduler_kwargs torch_empty_cache_steps
            model_init_kwargs trust_remote_code router_aux_loss_coef disable_dropout cast_lm_head_to_fp32 beta sync_ref_model ref_model_mixup_alpha ref_model_sync_steps
            num_generations num_generations_eval max_completion_length shuffle_dataset pad_to_multiple_of ds3_gather_for_generation
            generation_batch_size steps_per_generation temperature top_p top_k min_p repetition_penalty generation_kwargs chat_template_kwargs cache_implementation
            use_transformers_continuous_batching transformers_continuous_batching_config use_transformers_paged
            use_vllm vllm_mode vllm_model_impl vllm_structured_outputs_regex vllm_server_base_url vllm_server_host vllm_server_port vllm_server_timeout vllm_group_port
            vllm_gpu_memory_utilization vllm_max_model_length vllm_tensor_parallel_size vllm_enable_sleep_mode
            vllm_importance_sampling_correction vllm_importance_sampling_mode vllm_importance_sampling_clip_max vllm_importance_sampling_clip_min vllm_importance_sampling_cap
            off_policy_mask_threshold importance_sampling_level loss_type num_iterations epsilon epsilon_high delta sapo_temperature_pos sapo_temperature_neg
            vespo_k_pos vespo_lambda_pos vespo_k_neg vespo_lambda_neg use_bias_correction_kl mask_truncated_completions top_entropy_quantile
            entropy_coef use_adaptive_entropy entropy_coef_min entropy_coef_max entropy_coef_delta entropy_target
            reward_weights multi_objective_aggregation scale_rewards max_tool_calling_iterations
            log_completions log_multimodal num_completions_to_print log_unique_prompts log_completions_hub_repo
            eval_accumulation_steps average_tokens_across_devices dataloader_persistent_workers ddp_timeout do_train eval_use_gather_object ignore_data_skip load_best_model_at_end
            log_level logging_nan_inf_filter parallelism_config push_to_hub tf32 eval_on_start auto_find_batch_size
            """;
        string[] unknown = [.. Names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Except(tables)];
        Assert.IsEmpty(unknown, string.Join(' ', unknown));
    }

    private static GrpoOptions Map(string json, bool correction = false, int rows = 8)
    {
        var batch = new RecordedBatch
        {
            Prompts = Repeated("2+2="), PromptIds = Repeated<IReadOnlyList<int>>([1]), CompletionIds = Repeated<IReadOnlyList<int>>([2]), Rewards = Repeated<IReadOnlyList<double?>>([1.0]), Train = true,
        };
        var run = new RecordedRun
        {
            Model = "m", Dtype = "float64", Lora = false, IsCorrection = correction, Effective = new Dictionary<string, JsonElement>(), Passes = [], ParameterGroups = [],
            Options = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!, GenerationBatches = [batch], Orders = [], Logs = [],
            Steps = [Step(0), Step(1), Step(2)], SampleWeights = new Dictionary<string, IReadOnlyList<double>>(),
        };
        return ReplayOptions.Of(run, [Reward.FromFunction("r", _ => 1.0)], "model", ReplayVariant.Plain);

        IReadOnlyList<T> Repeated<T>(T one) => [.. Enumerable.Repeat(one, rows)];
        static RecordedStep Step(int number) => new() { Step = number, Weights = new Dictionary<string, IReadOnlyList<double>>() };
    }
}
