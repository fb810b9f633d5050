using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The loss of evaluation's completions, as in training but for gradients, and with each batch a window of its own.</summary>
/// <param name="loss">Runs the passes.</param>
/// <param name="plan">The plan of <c>Schedule(1, 1, 1)</c>, which they are held to.</param>
/// <param name="work">Where they are counted.</param>
/// <param name="options">The run's.</param>
/// <param name="network">The policy.</param>
/// <param name="coefficient">What the entropy bonus weighs at the moment.</param>
/// <param name="weights">What each batch weighs in the mean of the loss; null: its prompts.</param>
internal sealed class EvaluationLoss(LossStage loss, ForwardPlan plan, WorkCounters work, GrpoOptions options, CausalLM network, Func<double> coefficient, IReadOnlyList<double>? weights)
{
    /// <summary>Computes <c>loss</c> and the metrics beside it, means over batches.</summary>
    public IReadOnlyDictionary<string, double> Compute(IReadOnlyList<ScoredRollout> rollouts, CancellationToken cancellationToken)
    {
        using var noGrad = no_grad();
        var watch = new PlanWatch(plan, work);
        var metrics = new StepMetrics();
        var (sum, weight) = (0.0, 0.0);
        for (var i = 0; i < rollouts.Count; i++)
        {
            var rows = Enumerable.Range(0, rollouts[i].Rows.Count).ToArray();
            using var batch = new TrainingBatch(rollouts[i], i, rows, options.Loss.MaskTruncatedCompletions, network.Dtype, network.Device);
            var before = work.Tokens(WorkPurpose.Evaluation);
            loss.Precompute(batch, cancellationToken.ThrowIfCancellationRequested, WorkPurpose.Evaluation);
            var scale = new LossScale(rows.Length, batch.LossTokens, 1, 1)
            {
                SliceTokens = batch.LossTokens,
                MaxCompletionTokens = options.MaxCompletionTokens,
                EntropyCoefficient = coefficient(),
            };
            var slice = loss.Accumulate(batch, rows, visit: 0, scale, step: 0, cancellationToken.ThrowIfCancellationRequested, WorkPurpose.Evaluation);
            watch.Evaluated(before, loss.TokensOf(batch, rows, WorkPurpose.Evaluation), slice.EntropyPass);
            metrics.Add(slice.Metrics);
            metrics.Add(batch.Mismatch(options.ResolveCorrection()));
            var share = weights?[i] ?? rollouts[i].Rows.Count / rollouts[i].GroupSize;
            (sum, weight) = (sum + (share * slice.Loss), weight + share);
        }

        metrics.Add("loss", sum / weight);
        return metrics.ToDictionary();
    }
}
