namespace Microsoft.ML.Grpo;

/// <summary>Measures a run's rollouts, and remembers what a later step needs to know of them.</summary>
internal sealed class RolloutMetrics
{
    private double _lowest = double.PositiveInfinity;
    private double _highest = double.NegativeInfinity;

    /// <summary>Tokens of all rollouts so far, a prompt counted with each of its completions (the reference's <c>num_tokens</c>); groups that were sampled and dropped are not in it.</summary>
    public long Tokens { get; private set; }

    /// <summary>The metrics of the last rollout.</summary>
    public IReadOnlyDictionary<string, double> Last { get; private set; } = new Dictionary<string, double>();

    /// <summary>Measures a rollout.</summary>
    /// <returns>Its metrics by name.</returns>
    public IReadOnlyDictionary<string, double> Measure(ScoredRollout rollout)
    {
        foreach (var reward in rollout.Advantages.Rewards.Where(r => !double.IsNaN(r)))
        {
            (_lowest, _highest) = (Math.Min(_lowest, reward), Math.Max(_highest, reward));
        }

        Tokens += rollout.Rows.Sum(r => (long)r.Prompt.Ids.Count + r.Completion.Length);
        return Last = RewardMetrics.Compute(rollout.Rewards.Scores, rollout.Rewards.Names, rollout.Advantages)
            .Concat(CompletionMetrics.Lengths(rollout))
            .Concat(CompletionMetrics.Groups(rollout, _lowest, _highest))
            .Concat(LengthMetrics.Compute([.. rollout.Rows.Select(r => r.Completion.Length)], rollout.Advantages.Rewards))
            .Concat(rollout.SamplingMetrics).ToDictionary();
    }
}
