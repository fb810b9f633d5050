using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A slice's loss and what was measured beside it.</summary>
/// <param name="Loss">Its share of the update's loss.</param>
/// <param name="Statistics">Of the whole slice.</param>
/// <param name="Metrics">Of the statistics; where no row was run, all that there are, NaN.</param>
/// <param name="EntropyPass">Whether a pass for its entropies was needed first.</param>
/// <param name="Skipped">Rows that were not run, since they change nothing.</param>
internal sealed record SliceLoss(double Loss, LossStatistics Statistics, IReadOnlyDictionary<string, double> Metrics, bool EntropyPass, int Skipped);

/// <summary>The passes over a rollout: scoring and reference where the plan has them, and the loss pass.</summary>
/// <param name="network">The policy.</param>
/// <param name="reference">The reference policy; null: none.</param>
/// <param name="settings">The objective.</param>
/// <param name="plan">Which passes run.</param>
/// <param name="passes">How they run.</param>
/// <param name="seed">The run's seed; dropout is drawn from it.</param>
/// <param name="work">Where passes are counted.</param>
/// <param name="even">What becomes of rows without an advantage in the loss pass: see <see cref="EvenRows"/>.</param>
/// <param name="warnings">Hears of micro-batches beyond the budget.</param>
internal sealed class LossStage(
    CausalLM network, ReferencePolicy? reference, ObjectiveSettings settings, ForwardPlan plan, PassSettings passes, long seed, WorkCounters work, EvenRowsPass even = EvenRowsPass.Whole, RunWarnings? warnings = null)
{
    // VESPO sums the bounded ratios of padding too. They matter only where the bounds leave out 1; the padding is then that of the whole rollout, as in the reference.
    private readonly bool _readsPadding = settings.LossType == LossType.Vespo && settings.Correction.LeavesOutOne;

    // Dropout drops other features of a prompt for each row, so that a pass with it shares none.
    private readonly PassSettings _training = network.Adapter is { Settings.Dropout: > 0 } ? passes with { Sharing = PromptSharing.Never } : passes;

    /// <summary>Runs the no-grad passes that the plan asks for, and stores what they find in the batch.</summary>
    /// <exception cref="TrainingException">The sampler is to be corrected for and said nothing.</exception>
    public void Precompute(TrainingBatch batch, Action check, WorkPurpose? countAs = null)
    {
        if (settings.Correction.IsOn && !batch.HasSamplerLogProbs)
        {
            throw new TrainingException(string.Create(CultureInfo.InvariantCulture, $"Rollout {batch.Number}: ImportanceSampling.Mode is {settings.Correction.Mode}, but the sampler gave no log-prob of any completion. ")
                + "Use an engine that gives them, or set ImportanceSampling.Mode = Off.");
        }

        using var noGrad = no_grad();
        if (plan.ScoringPass)
        {
            batch.Precomputed(ScoreAll(network, batch, countAs ?? WorkPurpose.Score, check), settings.Correction);
        }

        if (reference is not null)
        {
            batch.SetReference(reference.Run(model => ScoreAll(model, batch, countAs ?? WorkPurpose.Reference, check)));
        }
    }

    /// <summary>Tokens that a pass over some rows takes.</summary>
    public long TokensOf(TrainingBatch batch, IEnumerable<int> rows, WorkPurpose purpose) => Split(batch, rows, purpose).Sum(m => m.Tokens);

    /// <summary>Forward and, unless gradients are off, backward over a slice, micro-batch by micro-batch; gradients add up in the weights.</summary>
    /// <param name="batch">The rollout.</param>
    /// <param name="rows">Places of the slice's rows.</param>
    /// <param name="visit">Which walk over the rollout this is, from 0.</param>
    /// <param name="scale">The slice's denominators.</param>
    /// <param name="step">The step being made, from 1; for errors.</param>
    /// <param name="check">Called before every micro-batch; throws to stop.</param>
    /// <param name="purpose">What the pass is counted as.</param>
    /// <exception cref="TrainingException">The loss is not finite, and an update would follow.</exception>
    public SliceLoss Accumulate(TrainingBatch batch, IReadOnlyList<int> rows, int visit, LossScale scale, int step, Action check, WorkPurpose purpose = WorkPurpose.Loss)
    {
        bool IsLearned(int row) => purpose != WorkPurpose.Loss || batch.IsLearned(row, even);
        int[] others = [.. rows.Where(row => !IsLearned(row))];
        var forwardAlone = even == EvenRowsPass.Forward ? Split(batch, others, purpose).ToArray() : [];
        MicroBatch[] microBatches = [.. Split(batch, rows.Where(IsLearned), purpose), .. forwardAlone];
        var skipped = even == EvenRowsPass.None ? others.Count(row => batch.Pass(row) is not null) : 0;
        var entropyPass = settings.TopEntropyQuantile < 1 && microBatches.Length > 1;
        if (entropyPass)
        {
            scale = scale with { EntropyCut = EntropyCut(batch, microBatches, visit, check, purpose == WorkPurpose.Loss ? WorkPurpose.Entropy : purpose) };
        }

        var (loss, statistics) = (0.0, LossStatistics.Empty);
        foreach (var microBatch in microBatches)
        {
            check();
            warnings?.Watch(microBatch);
            var places = microBatch.Rows;
            using var scope = NewDisposeScope();
            using var noGrad = forwardAlone.Contains(microBatch) ? no_grad() : null;
            using var backward = new BackwardPass();
            var (lp, entropies) = Forward(network, batch, places, visit, purpose, settings.EntropyBonus);
            if (_readsPadding)
            {
                var beyond = zeros(places.Count, batch.Width - lp.shape[1], lp.dtype, lp.device);
                (lp, entropies) = (cat([lp, beyond], 1), cat([entropies, beyond], 1));
            }

            var result = PolicyObjective.Compute(batch.Inputs(places, lp, entropies, plan.Old), settings, scale);
            var value = result.Loss.to(ScalarType.Float64).item<double>();
            if (!double.IsFinite(value) && purpose == WorkPurpose.Loss) // evaluation updates nothing: its loss is told as it is
            {
                throw NotFinite(batch, places, lp, value, step);
            }

            if (result.Loss.requires_grad) // a micro-batch of rows without loss has no graph
            {
                backward.Run(result.Loss);
            }

            batch.Keep(places, result.Old, result.Correction, settings.Correction);
            loss += value;
            statistics += result.Statistics;
        }

        return new(loss, statistics, microBatches.Length > 0 ? statistics.ToMetrics() : OfNothing(batch, rows, scale), entropyPass, skipped);
    }

    /// <summary>The metrics of rows that were not run: a reader of a step's finds every name, and NaN.</summary>
    private Dictionary<string, double> OfNothing(TrainingBatch batch, IReadOnlyList<int> rows, LossScale scale)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var nothing = zeros(1, 1, network.Dtype, network.Device);
        var inputs = batch.Inputs([rows[0]], nothing, nothing, plan.Old) with { Mask = nothing };
        return PolicyObjective.Compute(inputs, settings, scale).Statistics.ToMetrics().ToDictionary(metric => metric.Key, _ => double.NaN);
    }

    private EntropyCut EntropyCut(TrainingBatch batch, IReadOnlyList<MicroBatch> microBatches, int visit, Action check, WorkPurpose purpose)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (entropies, masks) = (new List<Tensor>(), new List<Tensor>());
        foreach (var places in microBatches.Select(m => m.Rows))
        {
            check();
            using var micro = NewDisposeScope();
            var (_, entropy) = Forward(network, batch, places, visit, purpose, entropyGraph: false);
            entropies.Add(entropy.flatten().MoveToOuterDisposeScope());
            masks.Add(batch.MaskOf(places, entropy.shape[1]).flatten().MoveToOuterDisposeScope());
        }

        return EntropyMask.Find(cat(entropies, 0), cat(masks, 0), settings.TopEntropyQuantile);
    }

    /// <summary>Log-probs and entropies [B, T'] of rows; those of rows that carry no loss are 0, and no pass is run for them.</summary>
    private (Tensor LogProbs, Tensor Entropies) Forward(CausalLM model, TrainingBatch batch, IReadOnlyList<int> places, int visit, WorkPurpose purpose, bool entropyGraph)
    {
        var live = Enumerable.Range(0, places.Count).Where(i => batch.Pass(places[i]) is not null).ToArray();
        if (live.Length == 0)
        {
            var nothing = zeros(places.Count, 1, model.Dtype, model.Device);
            return (nothing, nothing);
        }

        // The pass for entropies has the loss pass's masks: it finds the quantile of the very entropies that the loss pass will cut.
        var masks = purpose == WorkPurpose.Entropy ? WorkPurpose.Loss : purpose;
        var dropout = purpose == WorkPurpose.Evaluation ? null : new DropoutKey(seed, batch.Number, visit, masks, [.. live.Select(i => batch.Order[places[i]])]);
        var (lp, entropies) = SequenceScorer.Score(model, [.. live.Select(i => batch.Rows[places[i]].Sequence)], How(purpose), work, purpose, dropout, entropyGraph);
        if (live.Length == places.Count)
        {
            return (lp, entropies);
        }

        var index = tensor(live.Select(i => (long)i).ToArray(), device: model.Device);
        Tensor Spread(Tensor rows) => zeros(places.Count, rows.shape[1], rows.dtype, rows.device).index_copy(0, index, rows);
        return (Spread(lp), Spread(entropies));
    }

    private Tensor ScoreAll(CausalLM model, TrainingBatch batch, WorkPurpose purpose, Action check)
    {
        using var scope = NewDisposeScope();
        var all = zeros(batch.Rows.Count, batch.Width, model.Dtype, model.Device); // [R, T]
        foreach (var microBatch in Split(batch, Enumerable.Range(0, batch.Rows.Count), purpose))
        {
            check();
            warnings?.Watch(microBatch);
            var places = microBatch.Rows;
            using var micro = NewDisposeScope();
            var (logProbs, _) = Forward(model, batch, places, visit: 0, purpose, entropyGraph: false);
            all.narrow(1, 0, logProbs.shape[1]).index_copy_(0, tensor(places.Select(i => (long)i).ToArray(), device: model.Device), logProbs);
        }

        return all.MoveToOuterDisposeScope();
    }

    private IEnumerable<MicroBatch> Split(TrainingBatch batch, IEnumerable<int> rows, WorkPurpose purpose) =>
        MicroBatches.Split(rows, batch.Pass, passes.MicroBatchTokens, How(purpose).Sharing);

    // The reference is the model without its adapter, and evaluation drops nothing.
    private PassSettings How(WorkPurpose purpose) => purpose is WorkPurpose.Reference or WorkPurpose.Evaluation ? passes : _training;

    private TrainingException NotFinite(TrainingBatch batch, IReadOnlyList<int> places, Tensor lp, double loss, int step)
    {
        var finite = lp.isfinite().all(1).cpu().data<bool>().ToArray();
        var suspects = places.Where((_, i) => !finite[i]).ToArray();
        var rows = (suspects.Length > 0 ? suspects : places).Select(i => batch.Rows[i].Prompt.Row.Row).Distinct().Order();
        return new(string.Create(CultureInfo.InvariantCulture, $"Step {step}: the loss is {loss}, with completions of the data's rows {string.Join(", ", rows)} (counted from 0). ")
            + $"Nothing was updated: the weights are those of step {step - 1}. {(settings.CustomLoss is CustomLoss custom ? $"See what the custom loss '{custom.Name}' returns for them; else lower" : "Lower")} Optimizer.LearningRate or Optimizer.MaxGradientNorm, or check that the model's weights are finite.");
    }
}
