using Microsoft.Extensions.Logging.Abstractions;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>From a recorded run's options to ours: every one that the run reads is set, so that no default of ours has a say.</summary>
internal static class ReplayOptions
{
    private static readonly MLContext Context = new();

    /// <summary>Maps.</summary>
    /// <param name="run">The run.</param>
    /// <param name="rewards">Its reward functions; their weights are set already.</param>
    /// <param name="modelPath">Where the model lies.</param>
    /// <param name="variant">How it is to be replayed.</param>
    /// <exception cref="NotSupportedException">An option cannot be honoured.</exception>
    /// <exception cref="InvalidDataException">The recording contradicts its options.</exception>
    public static GrpoOptions Of(RecordedRun run, IReadOnlyList<Reward> rewards, string modelPath, ReplayVariant variant)
    {
        var trl = new TrlOptions(run.Options);
        var batch = RunBatch.Of(run, trl);
        var options = new GrpoOptions
        {
            ModelPath = modelPath,
            PromptFormat = PromptFormat.Raw,
            Seed = 0,
            Shuffle = false,
            Logger = NullLogger.Instance,
            GroupSize = batch.GroupSize,
            PromptsPerRollout = batch.Rows / batch.GroupSize,
            AdvancedSchedule = new(batch.Accumulation, batch.Slices, trl.Integer("num_iterations")),
            Steps = run.Updates.Count(),
            MaxCompletionTokens = trl.Integer("max_completion_length"),
        };
        foreach (var reward in rewards)
        {
            options.Rewards.Add(reward);
        }

        options.Sampling.Temperature = trl.Number("temperature");
        options.Execution.MicroBatchTokens = variant.MicroBatchTokens;
        options.Execution.PromptSharing = variant.Sharing;
        options.Execution.SkipZeroAdvantageRows = false; // the reference runs them, and measures them
        options.Execution.Precision = run.Dtype == "float64" ? Grpo.Precision.Float64 : Grpo.Precision.Float32;
        SetOptimizer(options.Optimizer, trl, run.Updates.Count());
        SetLoss(options.Loss, trl);
        SetCorrection(options.ImportanceSampling, trl, run.IsCorrection, variant.Route);
        SetReference(options.Reference, trl, run.Updates.Count());
        SetEvaluation(options.Evaluation, run, batch);
        return options;
    }

    private static void SetOptimizer(OptimizerOptions optimizer, TrlOptions trl, int steps)
    {
        optimizer.LearningRate = trl.Number("learning_rate");
        (optimizer.Schedule, var warmsUp) = trl.Choice(
            "lr_scheduler_type",
            ("constant", (LearningRateSchedule.Constant, false)),
            ("constant_with_warmup", (LearningRateSchedule.Constant, true)),
            ("linear", (LearningRateSchedule.Linear, true)),
            ("cosine", (LearningRateSchedule.Cosine, true)));

        // Below 1 the number is a share of the steps; the plain constant schedule does not look at it.
        var warmup = trl.OptionalNumber("warmup_ratio") ?? trl.Number("warmup_steps");
        optimizer.WarmupSteps = !warmsUp ? 0 : (int)(warmup >= 1 ? warmup : Math.Ceiling(steps * warmup));
        optimizer.Beta1 = trl.Number("adam_beta1");
        optimizer.Beta2 = trl.Number("adam_beta2");
        optimizer.Epsilon = trl.Number("adam_epsilon");
        optimizer.WeightDecay = trl.Number("weight_decay");
        optimizer.MaxGradientNorm = trl.OptionalNumber("max_grad_norm") ?? 0;
    }

    private static void SetLoss(LossOptions loss, TrlOptions trl)
    {
        (loss.Type, loss.RatioLevel) = (trl.LossType, trl.RatioLevel);
        var clipped = loss.Type is not (LossType.Cispo or LossType.Sapo or LossType.Vespo);
        if (clipped)
        {
            loss.EpsilonLow = trl.Number("epsilon");
            loss.Delta = trl.OptionalNumber("delta");
        }

        if (clipped || loss.Type == LossType.Cispo)
        {
            loss.EpsilonHigh = trl.OptionalNumber("epsilon_high") ?? trl.Number("epsilon");
        }

        if (loss.Type == LossType.Sapo)
        {
            loss.Sapo.TemperaturePositive = trl.Number("sapo_temperature_pos");
            loss.Sapo.TemperatureNegative = trl.Number("sapo_temperature_neg");
        }

        if (loss.Type == LossType.Vespo)
        {
            (loss.Vespo.KPositive, loss.Vespo.LambdaPositive) = (trl.Number("vespo_k_pos"), trl.Number("vespo_lambda_pos"));
            (loss.Vespo.KNegative, loss.Vespo.LambdaNegative) = (trl.Number("vespo_k_neg"), trl.Number("vespo_lambda_neg"));
        }

        loss.OffPolicyMaskThreshold = trl.OptionalNumber("off_policy_mask_threshold");
        loss.TopEntropyQuantile = trl.Number("top_entropy_quantile");
        loss.MaskTruncatedCompletions = trl.Flag("mask_truncated_completions");
        loss.Entropy.Coefficient = trl.Number("entropy_coef");
        loss.Entropy.Adaptive = trl.Flag("use_adaptive_entropy");
        if (loss.Entropy.Adaptive)
        {
            (loss.Entropy.Target, loss.Entropy.Delta) = (trl.Number("entropy_target"), trl.Number("entropy_coef_delta"));
            (loss.Entropy.Minimum, loss.Entropy.Maximum) = (trl.Number("entropy_coef_min"), trl.Number("entropy_coef_max"));
        }

        loss.Beta = trl.Number("beta");
        loss.BiasCorrectedKl = loss.Beta == 0 ? null : trl.Flag("use_bias_correction_kl");
        (loss.RewardAggregation, var scale) = (trl.RewardAggregation, trl.ScaleRewards);
        if (loss.RewardAggregation == RewardAggregation.SumThenNormalize)
        {
            loss.ScaleRewards = scale;
        }
    }

    private static void SetCorrection(ImportanceSamplingOptions correction, TrlOptions trl, bool isOn, CorrectionRoute route)
    {
        if (!isOn)
        {
            correction.Mode = CorrectionMode.Off;
            return;
        }

        if (!trl.Flag("vllm_importance_sampling_correction"))
        {
            throw new InvalidDataException("is_correction is true, but the option vllm_importance_sampling_correction is false");
        }

        var settings = trl.Correction;
        (correction.Mode, correction.MinRatio, correction.MaxRatio) = (settings.Mode, settings.MinRatio, settings.MaxRatio);
        correction.Route = route;
    }

    private static void SetReference(ReferenceOptions reference, TrlOptions trl, int steps)
    {
        // A run that ends before the first time never syncs.
        if (trl.Flag("sync_ref_model") && trl.Integer("ref_model_sync_steps") is var every && every <= steps)
        {
            reference.SyncEverySteps = every;
            reference.SyncMix = trl.Number("ref_model_mixup_alpha");
        }
    }

    private static void SetEvaluation(EvaluationOptions evaluation, RecordedRun run, RunBatch batch)
    {
        if (run.EvaluationBatches.Any())
        {
            // The options' rules want to see some: the trainer is handed the recorded batches themselves.
            evaluation.ValidationData = Context.Data.LoadFromEnumerable(run.EvaluationBatches.SelectMany(one => one.Prompts).Select(prompt => new PromptText { Prompt = prompt }));
            evaluation.Samples = batch.EvaluationGroupSize;
            (evaluation.Greedy, evaluation.Drift, evaluation.Loss) = (false, false, true);
        }
    }

    private sealed class PromptText
    {
        public required string Prompt { get; init; }
    }
}
