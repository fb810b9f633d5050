using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The loop: rollout, rewards, advantages, loss, update, metrics. It trains the policy it is given in place; whenever it
/// stops, the weights are those of the last finished step.
/// </summary>
internal sealed class GrpoTrainer : IDisposable
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
        var heldOut = validation is null ? null : PromptPreparation.Prepare(validation, policy, limit, options.OverlongPrompts, logger, "validation data");
        _order = new(_prompts, options.PromptsPerRollout, options.Shuffle ? _random : null);
        _steps = _seams.WindowLengths?.Count ?? options.Steps ?? UpdateWindows.StepsOfEpochs(_schedule, options.ResolvedEpochs!.Value, _order.RolloutsPerEpoch);
        if (!_seams.OptionsAsTheyAre)
        {
            _ = options.ForSteps(_steps); // what has no effect in so many steps is known only now
        }

        _sampling = options.Sampling.ToParameters(options.MaxCompletionTokens, policy.StopIds);
        _dynamic = options.MinInformativeGroups is { } least ? new(least, options.ResolvedMaxResampleRounds, _order, options.Loss.RewardAggregation, logger) : null;
        _rates = new(options.Optimizer.ResolveLearningRate(policy.Network.Adapter is not null), options.Optimizer.Schedule, options.Optimizer.ResolveWarmupSteps(_steps), _steps);
        _warnings = new(logger, options.Loss);
        _clock = new(_steps, work, options.Progress, TimeProvider.System);

        var scorer = new RewardScorer([.. options.Rewards]);
        RolloutStage Stage(IRolloutEngine sampler) => new(sampler, policy.Tokenizer, scorer, options.Loss, _random);
        LossStage Loss(ForwardPlan plan) => new(
            policy.Network, _reference, options.Loss.ToObjective(options.ResolveCorrection()), plan, _sampling.ScoringTemperature, options.Execution.ResolvedMicroBatchTokens, seed, work);
        try
        {
            _reference = _plan.ReferencePass ? new(policy.Network) : null;
            _optimizer = new(policy.Network.Trained, options.Optimizer);
            _sampler = options.RolloutEngine?.Start(policy, work);
            _rollouts = Stage(_seams.Engine ?? _sampler as IRolloutEngine ?? new InProcessEngine(policy.Network, work, WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode));
            var entropy = options.Loss.Entropy.ToController();
            _update = new(options, _schedule, _plan, Loss(_plan), _optimizer, _rates, entropy, _reference, work, _warnings, _seams);
            if (heldOut is not null || _seams.EvaluationBatches is not null)
            {
                _evaluationPlan = options.Evaluation.Loss ? PlanFor(options, new(1, 1, 1)) : null;
                var loss = _evaluationPlan is { } plan ? new EvaluationLoss(Loss(plan), plan, work, options, policy.Network, () => entropy?.Applied ?? 0, _seams.EvaluationWeights) : null;
                var drift = options.Evaluation.Drift ? new PolicyDrift(policy.Network, _sampling.ScoringTemperature, options.Execution.ResolvedMicroBatchTokens, work) : null;
                var stage = Stage(_seams.EvaluationEngine ?? new InProcessEngine(policy.Network, work, WorkPurpose.Evaluation, WorkPurpose.Evaluation));
                _evaluator = new(stage, _seams.EvaluationBatches ?? [heldOut!], _sampling, options.ResolvedEvaluationSamples, loss, drift, options.Evaluation.Greedy);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Trains.</summary>
    /// <returns>What the run did.</returns>
    /// <exception cref="OperationCanceledException">The run was cancelled and <see cref="GrpoOptions.OnCancel"/> says to throw.</exception>
    /// <exception cref="TrainingException">A loss or gradient is not finite.</exception>
    /// <exception cref="RewardException">A reward failed.</exception>
    public TrainingSummary Run()
    {
        using var gradients = torch.enable_grad(); // else a caller who has them off would get the policy back as it was
        RunOpening.Announce(_logger, _policy, _order, ObjectiveWords.Of(_options), _plan, _evaluationPlan, _rates, _random.Seed);
        if (_plan.ReferencePass)
        {
            RunOpening.AnnounceReference(_logger, _policy.Network, _options.Reference);
        }

        var history = new List<IReadOnlyDictionary<string, double>>();
        var initial = new Dictionary<string, double>();
        var network = _policy.Network;
        try
        {
            if (_seams.Engine is null)
            {
                RunOpening.CheckRows(_logger, _policy.Network, _sampling, _random, _options.CancellationToken, _prompts);
            }

            network.RequireGradients(true);
            Evaluate(0, initial);
            _clock.TrainingStarts();
            foreach (var window in Windows())
            {
                var metrics = Step(history.Count + 1, window);
                history.Add(metrics); // The weights are this step's from here on, even if what follows is cancelled.
                _sampler?.WeightsChanged();
                Evaluate(history.Count, metrics);
                _clock.StepDone(history.Count, metrics);
            }

            _warnings.RunEnds();
        }
        catch (OperationCanceledException) when (_options.OnCancel == CancellationBehavior.ReturnLastStep && _options.CancellationToken.IsCancellationRequested)
        {
            RunLog.Cancelled(_logger, history.Count, _steps);
        }
        catch (OperationCanceledException cause) when (_options.CancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(
                $"The run was cancelled after step {history.Count} of {_steps}: no policy is returned. "
                + "To get that of the last finished step, set OnCancel = CancellationBehavior.ReturnLastStep.",
                cause,
                _options.CancellationToken);
        }
        catch (NotFiniteNumberException damaged)
        {
            throw new TrainingException(string.Create(CultureInfo.InvariantCulture, $"After step {history.Count}: {damaged.Message}"), damaged);
        }
        finally
        {
            _update.Dispose();
            _optimizer.ClearGradients();
            network.RequireGradients(false);
        }

        return new(_random.Seed, history, initial, _work);
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
        Contract = options.Loss.Custom?.Contract ?? LossContract.AnyRoute,
        SamplerLogProbs = options.RolloutEngine?.GivesLogProbs ?? true,
        EntropyCut = options.Loss.TopEntropyQuantile < 1,
    });

    private IEnumerable<IReadOnlyList<SliceVisit>> Windows() =>
        _seams.WindowLengths is { } lengths ? UpdateWindows.OfLengths(_schedule, lengths)
        : _options.Steps is { } steps ? UpdateWindows.OfSteps(_schedule, steps)
        : UpdateWindows.OfEpochs(_schedule, _options.ResolvedEpochs!.Value, _order.RolloutsPerEpoch);

    private Dictionary<string, double> Step(int step, IReadOnlyList<SliceVisit> window)
    {
        var watch = Stopwatch.StartNew();
        var metrics = new StepMetrics();
        if (!window.Any(visit => visit.OpensRollout))
        {
            metrics.Add(_rolloutMetrics.Last); // A step that samples nothing still tells of the rollout that it learns from.
        }

        if (!window[0].OpensRollout)
        {
            _clock.Phase(GrpoPhase.Update);
        }

        _update.Run(step, window, number => Rollout(number, metrics), Check, metrics);
        metrics.Add("num_tokens", _rolloutMetrics.Tokens);
        var share = _schedule.ShareDone(window[^1]);
        metrics.Add("epoch", _dynamic?.Epoch(share) ?? ((window[^1].Rollout + share) / _order.RolloutsPerEpoch));
        metrics.Add("step_time", watch.Elapsed.TotalSeconds);
        var result = metrics.ToDictionary();
        _warnings.Watch(step, result["grad_norm"]);
        RunLog.Step(_logger, step, _steps, result.GetValueOrDefault("reward", double.NaN), result["loss"], result["grad_norm"], result.GetValueOrDefault("completions/mean_length", double.NaN), watch.Elapsed.TotalSeconds);
        return result;
    }

    /// <summary>Samples and scores a rollout, and lays it out for the loss.</summary>
    private TrainingBatch Rollout(long number, StepMetrics metrics)
    {
        ScoredRollout Sample(IReadOnlyList<PreparedPrompt> prompts, int firstPlace)
        {
            _clock.Phase(GrpoPhase.Rollout);
            return _rollouts.Run(
                prompts, _options.GroupSize, _sampling, DrawPurpose.Training, number, () => _clock.Phase(GrpoPhase.Rewards), _options.CancellationToken, firstPlace);
        }

        var scored = _dynamic?.Run(Sample, _rollouts.Weigh) ?? Sample(_seams.Prompts?.Invoke(number) ?? _order.Of(number), 0);
        _warnings.Watch(scored);
        metrics.Add(_rolloutMetrics.Measure(scored));
        _clock.Phase(GrpoPhase.Update);

        // Slices are consecutive rows: without a shuffle a slice would hold whole groups only.
        var order = _seams.RowOrder?.Invoke(number) ?? (_schedule.SlicesPerRollout > 1
            ? _random.Permutation(DrawPurpose.RowOrder, number, scored.Rows.Count)
            : [.. Enumerable.Range(0, scored.Rows.Count)]);
        return new(scored, number, order, _options.Loss.MaskTruncatedCompletions, _policy.Network.Dtype, _policy.Network.Device);
    }

    private void Evaluate(int step, Dictionary<string, double> metrics)
    {
        var every = _options.Evaluation.EvaluateEverySteps ?? _steps;
        if (_evaluator is null || !(_seams.EvaluateAt?.Invoke(step) ?? (step % every == 0 || step == _steps)))
        {
            return;
        }

        _clock.Phase(GrpoPhase.Evaluation);
        var watch = Stopwatch.StartNew();
        foreach (var (name, value) in _evaluator.Run(_options.CancellationToken))
        {
            metrics[name] = value;
        }

        metrics["eval_num_tokens"] = _rolloutMetrics.Tokens;
        double Known(string name) => metrics.GetValueOrDefault(name, double.NaN);
        RunLog.Evaluation(_logger, step, Known("eval_reward"), Known("eval_greedy_reward"), Known("eval_drift"));
        _clock.Evaluated(metrics, watch.Elapsed);
    }

    private void Check()
    {
        _options.CancellationToken.ThrowIfCancellationRequested();
        _checkHost();
    }
}
