using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Measures the policy on held-out prompts, sampled and greedy. Every evaluation uses the same draws, so that two of them
/// differ by the policy alone. Drift is the KL from the initial policy to this one, estimated on completions that the
/// initial policy sampled at step 0: no second model is kept.
/// </summary>
internal sealed class Evaluator
{
    private const int MostDriftRows = 256;
    private const double NormalQuantile = 1.96; // 95 % of a normal distribution lie within this many deviations

    private readonly CausalLM _network;
    private readonly RolloutStage _stage;
    private readonly IReadOnlyList<PreparedPrompt> _prompts;
    private readonly SamplingParameters _sampling;
    private readonly int _samples;
    private readonly int _budget;
    private readonly WorkCounters _work;
    private RolloutRow[]? _initial;

    public Evaluator(CausalLM network, RolloutStage stage, IReadOnlyList<PreparedPrompt> prompts, SamplingParameters sampling, int samples, int budget, WorkCounters work) =>
        (_network, _stage, _prompts, _sampling, _samples, _budget, _work) = (network, stage, prompts, sampling, samples, budget, work);

    /// <summary>Evaluates the weights as they are.</summary>
    /// <returns>Metrics, their names beginning with <c>eval_</c>.</returns>
    public IReadOnlyDictionary<string, double> Run(CancellationToken cancellationToken)
    {
        var sampled = _stage.Run(_prompts, _samples, _sampling, DrawPurpose.Evaluation, 0, scoring: null, cancellationToken);
        var greedy = _stage.Run(_prompts, 1, _sampling with { Temperature = 0, TopK = null, TopP = null, MinP = null }, DrawPurpose.Evaluation, 0, scoring: null, cancellationToken);
        var metrics = new Dictionary<string, double>
        {
            ["eval_drift"] = Drift(sampled, cancellationToken),
            ["eval_completions/mean_length"] = sampled.Rows.Average(r => (double)r.Completion.Ids.Count),
            ["eval_completions/clipped_ratio"] = sampled.Rows.Count(r => r.Completion.FinishReason == FinishReason.Length) / (double)sampled.Rows.Count,
        };
        foreach (var (name, value) in RewardMetrics.Compute(sampled.Rewards.Scores, sampled.Rewards.Names, sampled.Advantages))
        {
            metrics["eval_" + name] = value;
        }

        foreach (var (name, value) in RewardMetrics.Compute(greedy.Rewards.Scores, greedy.Rewards.Names, greedy.Advantages).Where(m => m.Key == "reward" || m.Key.EndsWith("/mean", StringComparison.Ordinal)))
        {
            metrics["eval_greedy_" + name] = value;
        }

        for (var f = 0; f < sampled.Rewards.Names.Count; f++)
        {
            // A prompt's samples are not independent draws of the task, so the interval is that of the prompts' means.
            var groups = Enumerable.Range(0, sampled.Rows.Count).Select(row => sampled.Rewards.Scores[row, f] ?? double.NaN).Chunk(_samples).ToArray();
            var means = groups.Select(g => NanStatistics.Mean(g)).ToArray();
            metrics[$"eval_rewards/{sampled.Rewards.Names[f]}/best"] = NanStatistics.Mean([.. groups.Select(g => g.Max())]);
            metrics[$"eval_rewards/{sampled.Rewards.Names[f]}/ci95"] = NormalQuantile * NanStatistics.Std(means) / Math.Sqrt(means.Count(m => !double.IsNaN(m)));
        }

        return metrics;
    }

    private double Drift(ScoredRollout sampled, CancellationToken cancellationToken)
    {
        if (_initial is null)
        {
            _initial = [.. sampled.Rows.Take(MostDriftRows)];
            return 0;
        }

        using var noGrad = no_grad();
        var (sum, tokens) = (0.0, 0L);
        foreach (var batch in MicroBatches.Split(Enumerable.Range(0, _initial.Length), i => _initial[i].Sequence.InputLength, _budget))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var (logProbs, _) = SequenceScorer.Score(_network, [.. batch.Select(i => _initial[i].Sequence)], _sampling.ScoringTemperature, _work, WorkPurpose.Evaluation);
            sum += batch.Sum(i => _initial[i].Completion.LogProbs.Sum()) - logProbs.sum().to(ScalarType.Float64).item<double>();
            tokens += batch.Sum(i => (long)_initial[i].Completion.Ids.Count);
        }

        return sum / tokens;
    }
}
