using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Measures the policy on held-out prompts. Every evaluation uses the same draws, so that two of them differ by the policy
/// alone. It changes nothing of the training: not the weights, their gradients, nor any draw.
/// </summary>
/// <param name="stage">Samples and scores.</param>
/// <param name="prompts">The held-out prompts, batch by batch.</param>
/// <param name="sampling">How tokens are drawn in training.</param>
/// <param name="samples">Sampled completions a prompt.</param>
/// <param name="loss">The evaluation's loss pass; null: none.</param>
/// <param name="drift">Measures the way that the policy has gone; null: not wanted.</param>
/// <param name="greedy">Whether each prompt is completed greedily too.</param>
internal sealed class Evaluator(
    RolloutStage stage, IReadOnlyList<IReadOnlyList<PreparedPrompt>> prompts, SamplingParameters sampling, int samples, EvaluationLoss? loss, PolicyDrift? drift, bool greedy)
{
    private const double NormalQuantile = 1.96; // 95 % of a normal distribution lie within this many deviations

    /// <summary>Evaluates the weights as they are.</summary>
    /// <returns>Metrics, their names beginning with <c>eval_</c>; means over batches.</returns>
    public IReadOnlyDictionary<string, double> Run(CancellationToken cancellationToken)
    {
        var sampled = new List<ScoredRollout>();
        var metrics = new StepMetrics();
        for (var batch = 0; batch < prompts.Count; batch++)
        {
            var rollout = stage.Run(prompts[batch], samples, sampling, DrawPurpose.Evaluation, batch, scoring: null, cancellationToken);
            sampled.Add(rollout);
            metrics.Add(CompletionMetrics.Lengths(rollout));
            metrics.Add(RewardMetrics.Compute(rollout.Rewards.Scores, rollout.Rewards.Names, rollout.Advantages));
            metrics.Add(Spread(rollout));
            if (greedy)
            {
                metrics.Add(Greedy(batch, cancellationToken));
            }
        }

        if (loss is not null)
        {
            metrics.Add(loss.Compute(sampled, cancellationToken));
        }

        if (drift is not null)
        {
            metrics.Add("drift", drift.Measure([.. sampled.SelectMany(s => s.Rows)], cancellationToken));
        }

        return metrics.ToDictionary().ToDictionary(m => "eval_" + m.Key, m => m.Value);
    }

    private Dictionary<string, double> Greedy(int batch, CancellationToken cancellationToken)
    {
        var likeliest = sampling with { Temperature = 0, TopK = null, TopP = null, MinP = null };
        var rollout = stage.Run(prompts[batch], 1, likeliest, DrawPurpose.Evaluation, batch, scoring: null, cancellationToken);
        return RewardMetrics.Compute(rollout.Rewards.Scores, rollout.Rewards.Names, rollout.Advantages)
            .Where(m => m.Key == "reward" || m.Key.EndsWith("/mean", StringComparison.Ordinal))
            .ToDictionary(m => "greedy_" + m.Key, m => m.Value);
    }

    /// <summary>The best of a prompt's samples, and how sure the mean is.</summary>
    private Dictionary<string, double> Spread(ScoredRollout rollout)
    {
        var metrics = new Dictionary<string, double>();
        for (var f = 0; f < rollout.Rewards.Names.Count; f++)
        {
            // A prompt's samples are not independent draws of the task, so the interval is that of the prompts' means.
            var groups = Enumerable.Range(0, rollout.Rows.Count).Select(row => rollout.Rewards.Scores[row, f] ?? double.NaN).Chunk(samples).ToArray();
            var means = groups.Select(g => NanStatistics.Mean(g)).ToArray();
            metrics[$"rewards/{rollout.Rewards.Names[f]}/best"] = NanStatistics.Mean([.. groups.Select(g => g.Max())]);
            metrics[$"rewards/{rollout.Rewards.Names[f]}/ci95"] = NormalQuantile * NanStatistics.Std(means) / Math.Sqrt(means.Count(m => !double.IsNaN(m)));
        }

        return metrics;
    }
}
