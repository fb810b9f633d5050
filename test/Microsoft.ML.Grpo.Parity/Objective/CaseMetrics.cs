using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>The metrics that belong to a rollout and not to a loss.</summary>
internal static class CaseMetrics
{
    /// <summary>Those of completions, rewards and the sampler's mismatch, under our names.</summary>
    public static Dictionary<string, double> OfRollout(ObjectiveCase one, InputSet set, CaseBatch batch, Tensor? correction, CorrectionSettings settings)
    {
        var rollout = set.Rollout(one.Options, one.HasSamplerLogProbs);
        var counter = new RolloutMetrics();
        if (one.Training)
        {
            counter.Measure(rollout); // tokens are those of training alone
        }

        var metrics = new Dictionary<string, double>(RewardMetrics.Compute(rollout.Rewards.Scores, rollout.Rewards.Names, rollout.Advantages)) { ["num_tokens"] = counter.Tokens };
        foreach (var (name, value) in CompletionMetrics.Lengths(rollout))
        {
            metrics.Add(name, value);
        }

        if (batch.Sampler is { } sampler)
        {
            foreach (var (name, value) in CorrectionMetrics.Measure(batch.Old, sampler, batch.Mask, correction, settings))
            {
                metrics.Add(name, value);
            }
        }

        return metrics;
    }

    /// <summary>Whether the reference has no such metric of a loss.</summary>
    public static bool IsOurs(string metric) => metric.StartsWith("ratio/", StringComparison.Ordinal);
}
