using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>Makes a step: rollouts where its window opens them, the loss over its slices, the update, and the metrics of all that.</summary>
internal sealed class UpdateStage(
    GrpoOptions options, Schedule schedule, ForwardPlan plan, LossStage loss, PolicyOptimizer optimizer, LearningRates rates, EntropyController? entropy, ReferencePolicy? reference, WorkCounters work, RunWarnings warnings, TrainerSeams seams)
    : IDisposable
{
    private readonly CorrectionSettings _correction = options.ResolveCorrection();
    private readonly PlanWatch _watch = new(plan, work);
    private readonly EvenRowsPass _even = EvenRows.Pass(options, plan);
    private TrainingBatch? _batch;
    private IReadOnlyDictionary<string, double> _mismatch = new Dictionary<string, double>();
    private bool _measured; // in the step being made
    private int _clipped;

    /// <summary>Makes one.</summary>
    /// <param name="step">Its number, from 1.</param>
    /// <param name="window">The slices that it takes.</param>
    /// <param name="rollout">Samples a rollout by its number, scores it, and tells its metrics.</param>
    /// <param name="check">Throws to stop; nothing is updated then.</param>
    /// <param name="metrics">Where the step's metrics go.</param>
    /// <exception cref="TrainingException">A loss or gradient is not finite; nothing is updated.</exception>
    public void Run(int step, IReadOnlyList<SliceVisit> window, Func<long, TrainingBatch> rollout, Action check, StepMetrics metrics)
    {
        var losses = new List<double>();
        var (skipped, differs) = (0, false);
        var dataRows = new SortedSet<long>();
        var statistics = LossStatistics.Empty;
        foreach (var visit in window)
        {
            if (visit.OpensRollout)
            {
                Open(rollout(visit.Rollout), check, metrics);
            }

            var batch = _batch!;
            var size = batch.Rows.Count / schedule.SlicesPerRollout;
            var rows = Enumerable.Range(visit.Index * size, size).ToArray();
            dataRows.UnionWith(rows.Select(r => batch.Rows[r].Prompt.Row.Row));
            var scale = new LossScale(size, batch.LossTokens, window.Count, schedule.SlicesPerRollout)
            {
                SliceTokens = batch.LossTokensOf(rows),
                MaxCompletionTokens = options.MaxCompletionTokens,
                EntropyCoefficient = entropy?.Applied ?? 0,
            };
            var slice = loss.Accumulate(batch, rows, visit.Iteration, scale, step, check);
            _watch.SliceDone(Promised(batch, rows), slice.EntropyPass);
            differs |= rows.Any(row => !batch.IsEven(row));
            losses.Add(slice.Loss);
            skipped += slice.Skipped;
            statistics += slice.Statistics;
            metrics.Add(slice.Metrics); // a mean over slices, as in the reference, whatever their lengths
            if (!plan.ScoringPass && visit.EndsFirstWalk(schedule))
            {
                Measure(batch, metrics);
            }
        }

        if (!_measured)
        {
            metrics.Add(_mismatch); // A step that samples nothing still tells of the rollout that it learns from.
        }

        _measured = false;
        check();
        var norm = optimizer.ClipGradients();
        if (!double.IsFinite(norm))
        {
            throw NotFinite(step, norm, dataRows);
        }

        seams.GradientsReady?.Invoke(step);
        var update = optimizer.Step(norm, rates.At(step - 1));
        _clipped += update.Clipped ? 1 : 0;
        warnings.Watch(step, norm, differs);
        if (entropy is not null)
        {
            entropy.Update(statistics.BonusEntropy.Sum, statistics.BonusEntropy.Tokens);
            metrics.Add("entropy_coef", entropy.State.Coefficient);
        }

        if (options.Reference.SyncEverySteps is { } every && step % every == 0)
        {
            reference!.Sync(options.Reference.ResolvedSyncMix);
        }

        metrics.Add("loss", losses.Sum());
        metrics.Add("rows/skipped", skipped);
        metrics.Add("grad_norm", update.GradientNorm);
        metrics.Add("learning_rate", update.LearningRate);
        metrics.Add("update_ratio", update.UpdateRatio);
        metrics.Add("updates_clipped", _clipped / (double)step);
        seams.Updated?.Invoke(step, losses);
    }

    public void Dispose()
    {
        _batch?.Dispose();
        _batch = null;
    }

    private void Open(TrainingBatch batch, Action check, StepMetrics metrics)
    {
        _batch?.Dispose();
        _batch = batch;
        loss.Precompute(batch, check);
        _watch.RolloutReady(purpose => loss.TokensOf(batch, Enumerable.Range(0, batch.Rows.Count), purpose));
        if (plan.ScoringPass)
        {
            Measure(batch, metrics);
        }
    }

    /// <summary>Tokens of a slice's loss pass: of the rows that are learned from, and of those that are measured beside them.</summary>
    private long Promised(TrainingBatch batch, IReadOnlyList<int> rows)
    {
        var learned = rows.ToLookup(row => batch.IsLearned(row, _even));
        return loss.TokensOf(batch, learned[true], WorkPurpose.Loss) + (_even == EvenRowsPass.Forward ? loss.TokensOf(batch, learned[false], WorkPurpose.Loss) : 0);
    }

    /// <summary>Once a rollout, from the whole of it, as soon as the old log-probs of all its rows are known.</summary>
    private void Measure(TrainingBatch batch, StepMetrics metrics)
    {
        _mismatch = batch.Mismatch(_correction);
        _measured = true;
        metrics.Add(_mismatch);
        warnings.Watch(_mismatch);
    }

    private static TrainingException NotFinite(int step, double norm, IEnumerable<long> dataRows) => new(
        string.Create(CultureInfo.InvariantCulture, $"Step {step}: the norm of the gradient is {norm}, with completions of the data's rows {string.Join(", ", dataRows)} (counted from 0). ")
        + $"Nothing was updated: the weights are those of step {step - 1}. Lower Optimizer.LearningRate, or train with Execution.Precision = Float64 to see where it comes from.");
}
