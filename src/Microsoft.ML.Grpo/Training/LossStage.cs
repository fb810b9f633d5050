using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The passes over a rollout: scoring and reference where the plan has them, and the loss pass.</summary>
internal sealed class LossStage(CausalLM network, CausalLM? reference, ObjectiveSettings settings, double temperature, int budget, WorkCounters work)
{
    /// <summary>Runs the no-grad passes that the plan asks for, and stores what they find in the batch.</summary>
    public void Precompute(TrainingBatch batch, ForwardPlan plan, CancellationToken cancellationToken)
    {
        using var noGrad = no_grad();
        if (plan.ScoringPass)
        {
            batch.SetOld(ScoreAll(network, batch, WorkPurpose.Score, cancellationToken));
        }

        if (plan.ReferencePass)
        {
            batch.SetReference(ScoreAll(reference!, batch, WorkPurpose.Reference, cancellationToken));
        }
    }

    /// <summary>Forward and backward over some rows, micro-batch by micro-batch; gradients add up in the weights.</summary>
    /// <param name="batch">The rollout.</param>
    /// <param name="rows">Places of the slice's rows.</param>
    /// <param name="scale">The slice's denominators.</param>
    /// <param name="step">The step being made, from 1; for errors.</param>
    /// <param name="check">Called before every micro-batch; throws to stop.</param>
    /// <returns>The slice's loss and its statistics.</returns>
    /// <exception cref="TrainingException">The loss is not finite.</exception>
    public (double Loss, LossStatistics Statistics) Accumulate(TrainingBatch batch, IReadOnlyList<int> rows, LossScale scale, int step, Action check)
    {
        var (loss, statistics) = (0.0, LossStatistics.Empty);
        foreach (var places in MicroBatches.Split(rows, i => batch.Rows[i].Sequence.InputLength, budget))
        {
            check();
            using var scope = NewDisposeScope();
            var (lp, entropies) = SequenceScorer.Score(network, [.. places.Select(i => batch.Rows[i].Sequence)], temperature, work, WorkPurpose.Loss);
            var result = PolicyObjective.Compute(batch.Inputs(places, lp, entropies), settings, scale);
            var value = result.Loss.to(ScalarType.Float64).item<double>();
            if (!double.IsFinite(value))
            {
                throw NotFinite(batch, places, lp, value, step);
            }

            result.Loss.backward();
            loss += value;
            statistics += result.Statistics;
        }

        return (loss, statistics);
    }

    private Tensor ScoreAll(CausalLM model, TrainingBatch batch, WorkPurpose purpose, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var all = zeros(batch.Rows.Count, batch.Width, model.Dtype, model.Device); // [R, T]
        foreach (var places in MicroBatches.Split(Enumerable.Range(0, batch.Rows.Count), i => batch.Rows[i].Sequence.InputLength, budget))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var micro = NewDisposeScope();
            var (logProbs, _) = SequenceScorer.Score(model, [.. places.Select(i => batch.Rows[i].Sequence)], temperature, work, purpose);
            all.narrow(1, 0, logProbs.shape[1]).index_copy_(0, tensor(places.Select(i => (long)i).ToArray(), device: model.Device), logProbs);
        }

        return all.MoveToOuterDisposeScope();
    }

    private static TrainingException NotFinite(TrainingBatch batch, IReadOnlyList<int> places, Tensor lp, double loss, int step)
    {
        var finite = lp.isfinite().all(1).cpu().data<bool>().ToArray();
        var suspects = places.Where((_, i) => !finite[i]).ToArray();
        var rows = (suspects.Length > 0 ? suspects : places).Select(i => batch.Rows[i].Prompt.Row.Row).Distinct().Order();
        return new(string.Create(CultureInfo.InvariantCulture, $"Step {step}: the loss is {loss}, with completions of the data's rows {string.Join(", ", rows)}. ")
            + $"Nothing was updated: the weights are those of step {step - 1}. Lower Optimizer.LearningRate or Optimizer.MaxGradientNorm, or check that the model's weights are finite.");
    }
}
