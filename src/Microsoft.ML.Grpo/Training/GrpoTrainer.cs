using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The loop: rollout, rewards, advantages, loss, update, metrics. It trains the policy it is given in place; whenever it
/// stops, the weights are those of the last finished step.
/// </summary>
internal sealed partial class GrpoTrainer : IDisposable
{
    /// <summary>Trains.</summary>
    /// <returns>What the run did.</returns>
    /// <exception cref="OperationCanceledException">The run was cancelled and <see cref="GrpoOptions.OnCancel"/> says to throw.</exception>
    /// <exception cref="TrainingException">A loss or gradient is not finite.</exception>
    /// <exception cref="RewardException">A reward failed.</exception>
    public TrainingSummary Run()
    {
        using var gradients = torch.enable_grad(); // else a caller who has them off would get the policy back as it was
        RunOpening.Announce(_logger, _policy, _order, ObjectiveWords.Of(_options), _plan, _evaluationPlan, _rates, _random.Seed);
        RunLog.SkippedRows(_logger, EvenRows.Describe(_options, _plan));
        RunLog.Passes(
            _logger,
            _options.Execution.ResolvedMicroBatchTokens,
            _options.Execution.LogProbHead == LogProbHead.Tiled ? "tiled" : "full",
            _options.Execution.PromptSharing.ToString().ToLowerInvariant(),
            _options.Execution.ActivationCheckpointing ? "recomputed" : "kept");
        RunLog.Cache(_logger, _cacheTokens, _options.Execution.MaxCacheTokens is null ? "its default, since Execution.MaxCacheTokens is not set" : "Execution.MaxCacheTokens");
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
                RunOpening.CheckRows(_logger, _policy.Network, _sampling, _random, _options.CancellationToken, _prompts, _cacheTokens);
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
