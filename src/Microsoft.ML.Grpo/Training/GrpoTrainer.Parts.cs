using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo;

/// <content>What a run is put together from.</content>
internal sealed partial class GrpoTrainer
{
    private readonly Policy _policy;
    private readonly GrpoOptions _options;
    private readonly ILogger _logger;
    private readonly TrainerSeams _seams;
    private readonly Schedule _schedule;
    private readonly ForwardPlan _plan;
    private readonly ForwardPlan? _evaluationPlan; // null: evaluation computes no loss
    private readonly RunRandom _random;
    private readonly WorkCounters _work;
    private readonly IReadOnlyList<PreparedPrompt> _prompts;
    private readonly long _cacheTokens;
    private readonly PromptOrder _order;
    private readonly int _steps;
    private readonly RolloutStage _rollouts;
    private readonly DynamicSampling? _dynamic;
    private readonly IRunSampler? _sampler;
    private readonly ReferencePolicy? _reference;
    private readonly UpdateStage _update;
    private readonly PolicyOptimizer _optimizer;
    private readonly LearningRates _rates;
    private readonly Evaluator? _evaluator;
    private readonly SamplingParameters _sampling;
    private readonly RunWarnings _warnings;
    private readonly RunClock _clock;
    private readonly Action _checkHost;
    private readonly RolloutMetrics _rolloutMetrics = new();

    /// <summary>Prepares a run.</summary>
    /// <param name="policy">The policy; trained in place, not owned.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="rows">The training data.</param>
    /// <param name="validation">Held-out data, or null.</param>
    /// <param name="logger">The run's log.</param>
    /// <param name="work">Where passes are counted.</param>
    /// <param name="checkHost">Throws if the host was cancelled.</param>
    /// <param name="seams">What is given in place of the run's own; null: nothing.</param>
    /// <exception cref="ArgumentException">A prompt is empty or too long, or there are fewer than a rollout takes.</exception>
    /// <exception cref="GrpoOptionsException">An option does not fit the model or the length of the run.</exception>
    public GrpoTrainer(
        Policy policy, GrpoOptions options, long seed, IReadOnlyList<PromptRow> rows, IReadOnlyList<PromptRow>? validation, ILogger logger, WorkCounters work, Action checkHost, TrainerSeams? seams = null)
    {
        (_policy, _options, _logger, _work, _checkHost, _seams) = (policy, options, logger, work, checkHost, seams ?? new());
        _random = new(seed);
        _schedule = options.ResolveSchedule();
        _plan = PlanFor(options, _schedule);

        var limit = PromptPreparation.Limit(policy.Network.Config, options.MaxCompletionTokens, options.MaxPromptTokens);
        _prompts = PromptPreparation.Prepare(rows, policy, limit, options.OverlongPrompts, logger);
        var heldOut = validation is null ? null : PromptPreparation.Prepare(validation, policy, limit, options.OverlongPrompts, logger, PromptPreparation.ValidationData);
        PromptPreparation.CheckCache(options.Execution.MaxCacheTokens, [.. _prompts, .. heldOut ?? []], options.MaxCompletionTokens, policy.Network.Config);
        _cacheTokens = options.Execution.MaxCacheTokens ?? CacheMemory.Tokens(policy.Network);
        _order = new(_prompts, options.PromptsPerRollout, options.Shuffle ? _random : null);
        _steps = _seams.WindowLengths?.Count ?? options.Steps ?? UpdateWindows.StepsOfEpochs(_schedule, options.ResolvedEpochs!.Value, _order.RolloutsPerEpoch);
        if (!_seams.OptionsAsTheyAre)
        {
            _ = options.ForSteps(_steps); // what has no effect in so many steps is known only now
        }

        _sampling = options.Sampling.ToParameters(options.MaxCompletionTokens, policy.StopIds);
        _dynamic = options.MinInformativeGroups is { } least ? new(least, options.ResolvedMaxResampleRounds, _order, options.Loss.RewardAggregation, logger) : null;
        _rates = new(options.Optimizer.ResolveLearningRate(policy.Network.Adapter is not null), options.Optimizer.Schedule, options.Optimizer.ResolveWarmupSteps(_steps), _steps);
        _warnings = new(logger, options.Loss, options.Execution.ResolvedMicroBatchTokens);
        _clock = new(_steps, work, options.Progress, TimeProvider.System);

        var passes = options.Execution.ToPasses(_sampling.ScoringTemperature);
        var scorer = new RewardScorer([.. options.Rewards]);
        RolloutStage Stage(IRolloutEngine sampler) => new(sampler, policy.Tokenizer, scorer, options.Loss, _random);
        LossStage Loss(ForwardPlan plan) => new(
            policy.Network, _reference, options.Loss.ToObjective(options.ResolveCorrection()), plan, passes, seed, work, EvenRows.Pass(options, plan), _warnings);
        try
        {
            _reference = _plan.ReferencePass ? new(policy.Network) : null;
            _optimizer = new(policy.Network.Trained, options.Optimizer);
            _sampler = options.RolloutEngine?.Start(policy, work, _cacheTokens);
            _rollouts = Stage(_seams.Engine ?? _sampler as IRolloutEngine ?? new InProcessEngine(policy.Network, work, WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode, _cacheTokens));
            var entropy = options.Loss.Entropy.ToController();
            _update = new(options, _schedule, _plan, Loss(_plan), _optimizer, _rates, entropy, _reference, work, _warnings, _seams);
            if (heldOut is not null || _seams.EvaluationBatches is not null)
            {
                _evaluationPlan = options.Evaluation.Loss ? PlanFor(options, new(1, 1, 1)) : null;
                var loss = _evaluationPlan is { } plan ? new EvaluationLoss(Loss(plan), plan, work, options, policy.Network, () => entropy?.Applied ?? 0, _seams.EvaluationWeights) : null;
                var drift = options.Evaluation.Drift ? new PolicyDrift(policy.Network, passes, work, _warnings) : null;
                var stage = Stage(_seams.EvaluationEngine ?? new InProcessEngine(policy.Network, work, WorkPurpose.Evaluation, WorkPurpose.Evaluation, _cacheTokens));
                _evaluator = new(stage, _seams.EvaluationBatches ?? [heldOut!], _sampling, options.ResolvedEvaluationSamples, loss, drift, options.Evaluation.Greedy);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _update?.Dispose();
        _optimizer?.Dispose();
        _reference?.Dispose();
        _sampler?.Dispose();
    }

    private static ForwardPlan PlanFor(GrpoOptions options, Schedule schedule) => ForwardPlan.For(new(schedule, options.ResolveCorrection().IsOn, options.Loss.Beta != 0)
    {
        Route = options.ImportanceSampling.Route,
        Head = options.Execution.LogProbHead,
        Contract = options.Loss.Custom?.Contract ?? LossContract.AnyRoute,
        SamplerLogProbs = options.RolloutEngine?.GivesLogProbs ?? true,
        EntropyCut = options.Loss.TopEntropyQuantile < 1,
    });
}
