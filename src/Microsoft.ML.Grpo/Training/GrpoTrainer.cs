using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

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
    private readonly Schedule _schedule;
    private readonly ForwardPlan _plan;
    private readonly RunRandom _random;
    private readonly WorkCounters _work;
    private readonly PromptOrder _order;
    private readonly int _steps;
    private readonly RolloutStage _rollouts;
    private readonly CausalLM? _reference;
    private readonly LossStage _loss;
    private readonly PolicyOptimizer _optimizer;
    private readonly LearningRates _rates;
    private readonly Evaluator? _evaluator;
    private readonly SamplingParameters _sampling;
    private readonly RunWarnings _warnings;
    private readonly RunClock _clock;
    private readonly Action _checkHost;
    private readonly bool _inProcess;
    private readonly RolloutMetrics _rolloutMetrics = new();
    private int _clipped;

    /// <summary>Prepares a run.</summary>
    /// <param name="policy">The policy; trained in place, not owned.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="rows">The training data.</param>
    /// <param name="validation">Held-out data, or null.</param>
    /// <param name="logger">The run's log.</param>
    /// <param name="work">Where passes are counted.</param>
    /// <param name="checkHost">Throws if the host was cancelled.</param>
    /// <param name="engine">What samples training rollouts; null: the policy itself, in process.</param>
    /// <exception cref="ArgumentException">A prompt is empty or too long, or there are fewer than a rollout takes.</exception>
    /// <exception cref="GrpoOptionsException">An option does not fit the model or the length of the run.</exception>
    public GrpoTrainer(
        Policy policy, GrpoOptions options, long seed, IReadOnlyList<PromptRow> rows, IReadOnlyList<PromptRow>? validation, ILogger logger, WorkCounters work, Action checkHost, IRolloutEngine? engine = null)
    {
        _inProcess = engine is null;
        (_policy, _options, _logger, _work, _checkHost) = (policy, options, logger, work, checkHost);
        _random = new(seed);
        _schedule = options.ResolveSchedule();
        _plan = ForwardPlan.For(_schedule, correction: false, referencePass: options.Loss.Beta != 0);

        var limit = PromptPreparation.Limit(policy.Network.Config, options.MaxCompletionTokens, options.MaxPromptTokens);
        var prompts = PromptPreparation.Prepare(rows, policy, limit, options.OverlongPrompts, logger);
        var heldOut = validation is null ? null : PromptPreparation.Prepare(validation, policy, limit, options.OverlongPrompts, logger, "validation data");
        _order = new(prompts, options.PromptsPerRollout, options.Shuffle ? _random : null);
        _steps = options.Steps ?? UpdateWindows.StepsOfEpochs(_schedule, options.ResolvedEpochs!.Value, _order.RolloutsPerEpoch);
        _ = options.ForSteps(_steps); // what has no effect in so many steps is known only now

        _sampling = options.Sampling.ToParameters(options.MaxCompletionTokens, policy.StopIds);
        var scorer = new RewardScorer([.. options.Rewards]);
        RolloutStage Stage(IRolloutEngine sampler) => new(sampler, policy.Tokenizer, scorer, options.Loss.ScaleRewards, _random);
        _rollouts = Stage(engine ?? new InProcessEngine(policy.Network, work, WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode));
        var budget = options.Execution.ResolvedMicroBatchTokens;
        _rates = new(options.Optimizer.ResolveLearningRate(policy.Network.Adapter is not null), options.Optimizer.Schedule, options.Optimizer.ResolveWarmupSteps(_steps), _steps);
        if (heldOut is not null)
        {
            var sampler = new InProcessEngine(policy.Network, work, WorkPurpose.Evaluation, WorkPurpose.Evaluation);
            _evaluator = new(policy.Network, Stage(sampler), heldOut, _sampling, options.ResolvedEvaluationSamples, budget, work);
        }

        _warnings = new(logger, options.Loss.ScaleRewards);
        _clock = new(_steps, work, options.Progress, TimeProvider.System);

        // What holds native memory comes last: a constructor that throws is never disposed.
        _reference = _plan.ReferencePass ? policy.Network.CloneFrozen() : null;
        _loss = new(policy.Network, _reference, options.Loss.ToObjective(options.ResolveCorrection()), _sampling.ScoringTemperature, budget, work);
        _optimizer = new(policy.Network.Trained, options.Optimizer);
    }

    /// <summary>Trains.</summary>
    /// <returns>What the run did.</returns>
    /// <exception cref="OperationCanceledException">The run was cancelled and <see cref="GrpoOptions.OnCancel"/> says to throw.</exception>
    /// <exception cref="TrainingException">A loss or gradient is not finite.</exception>
    /// <exception cref="RewardException">A reward failed.</exception>
    public TrainingSummary Run()
    {
        RunOpening.Announce(_logger, _policy, _order, _plan, _rates, _random.Seed);
        var history = new List<IReadOnlyDictionary<string, double>>();
        var initial = new Dictionary<string, double>();
        var network = _policy.Network;
        TrainingBatch? batch = null;
        try
        {
            if (_inProcess)
            {
                RunOpening.CheckRows(_logger, _policy.Network, _sampling, _random, _options.CancellationToken);
            }

            network.RequireGradients(true);
            Evaluate(0, initial);
            _clock.TrainingStarts();
            var windows = _options.Steps is { } steps
                ? UpdateWindows.OfSteps(_schedule, steps)
                : UpdateWindows.OfEpochs(_schedule, _options.ResolvedEpochs!.Value, _order.RolloutsPerEpoch);
            foreach (var window in windows)
            {
                var metrics = Step(history.Count + 1, window, ref batch);
                history.Add(metrics); // The weights are this step's from here on, even if what follows is cancelled.
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
            batch?.Dispose();
            _optimizer.ClearGradients();
            network.RequireGradients(false);
        }

        return new(_random.Seed, history, initial, _work);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _reference?.Dispose();
    }

    private Dictionary<string, double> Step(int step, IReadOnlyList<SliceVisit> window, ref TrainingBatch? batch)
    {
        var watch = Stopwatch.StartNew();
        var metrics = new StepMetrics();
        var (loss, statistics) = (0.0, LossStatistics.Empty);
        var dataRows = new SortedSet<long>();
        if (!window[0].OpensRollout)
        {
            metrics.Add(_rolloutMetrics.Last); // A step tells of every rollout that it learns from, whenever that was sampled.
        }

        foreach (var visit in window)
        {
            if (visit.OpensRollout)
            {
                batch?.Dispose();
                batch = null;
                batch = Rollout(visit.Rollout, metrics);
            }

            _clock.Phase(GrpoPhase.Update);
            var rollout = batch!;
            var size = rollout.Rows.Count / _schedule.SlicesPerRollout;
            var rows = Enumerable.Range(visit.Index * size, size).ToArray();
            dataRows.UnionWith(rows.Select(r => rollout.Rows[r].Prompt.Row.Row));
            var scale = new LossScale(size, rollout.LossTokens, window.Count, _schedule.SlicesPerRollout);
            var (sliceLoss, sliceStatistics) = _loss.Accumulate(rollout, rows, scale, step, Check);
            loss += sliceLoss;
            statistics += sliceStatistics;
        }

        Check();
        var norm = _optimizer.ClipGradients();
        if (!double.IsFinite(norm))
        {
            throw NotFinite(step, norm, dataRows);
        }

        var update = _optimizer.Step(norm, _rates.At(step - 1));
        _clipped += update.Clipped ? 1 : 0;
        metrics.Add(statistics.ToMetrics());
        metrics.Add("loss", loss);
        metrics.Add("grad_norm", update.GradientNorm);
        metrics.Add("learning_rate", update.LearningRate);
        metrics.Add("update_ratio", update.UpdateRatio);
        metrics.Add("updates_clipped", _clipped / (double)step);
        metrics.Add("num_tokens", _rolloutMetrics.Tokens);
        metrics.Add("epoch", (window[^1].Rollout + _schedule.ShareDone(window[^1])) / _order.RolloutsPerEpoch);
        metrics.Add("step_time", watch.Elapsed.TotalSeconds);
        var result = metrics.ToDictionary();
        RunLog.Step(_logger, step, _steps, result.GetValueOrDefault("reward", double.NaN), loss, norm, result.GetValueOrDefault("completions/mean_length", double.NaN), watch.Elapsed.TotalSeconds);
        return result;
    }

    /// <summary>Samples and scores a rollout, and runs the passes that the plan asks for.</summary>
    private TrainingBatch Rollout(long number, StepMetrics metrics)
    {
        _clock.Phase(GrpoPhase.Rollout);
        var scored = _rollouts.Run(
            _order.Of(number), _options.GroupSize, _sampling, DrawPurpose.Training, number, () => _clock.Phase(GrpoPhase.Rewards), _options.CancellationToken);
        _warnings.Watch(scored);
        metrics.Add(_rolloutMetrics.Measure(scored));

        // Slices are consecutive rows: without a shuffle a slice would hold whole groups only.
        var order = _schedule.SlicesPerRollout > 1
            ? _random.Permutation(DrawPurpose.RowOrder, number, scored.Rows.Count)
            : [.. Enumerable.Range(0, scored.Rows.Count)];
        var batch = new TrainingBatch(scored, order, _options.Loss.MaskTruncatedCompletions, _policy.Network.Dtype, _policy.Network.Device);
        try
        {
            _loss.Precompute(batch, _plan, _options.CancellationToken);
            return batch;
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    private void Evaluate(int step, Dictionary<string, double> metrics)
    {
        var every = _options.Evaluation.EvaluateEverySteps ?? _steps;
        if (_evaluator is null || (step % every != 0 && step != _steps))
        {
            return;
        }

        _clock.Phase(GrpoPhase.Evaluation);
        var watch = Stopwatch.StartNew();
        foreach (var (name, value) in _evaluator.Run(_options.CancellationToken))
        {
            metrics[name] = value;
        }

        RunLog.Evaluation(_logger, step, metrics["eval_reward"], metrics["eval_greedy_reward"], metrics["eval_drift"]);
        _clock.Evaluated(metrics, watch.Elapsed);
    }

    private static TrainingException NotFinite(int step, double norm, IEnumerable<long> dataRows) => new(
        string.Create(CultureInfo.InvariantCulture, $"Step {step}: the norm of the gradient is {norm}, with completions of the data's rows {string.Join(", ", dataRows)}. ")
        + $"Nothing was updated: the weights are those of step {step - 1}. Lower Optimizer.LearningRate, or train with Execution.Precision = Float64 to see where it comes from.");

    private void Check()
    {
        _options.CancellationToken.ThrowIfCancellationRequested();
        _checkHost();
    }
}
