namespace Microsoft.ML.Grpo;

/// <summary>What a rollout's completions looked like, under the reference's names, and ours for groups.</summary>
internal static class CompletionMetrics
{
    private const double SameReward = 1e-8;

    /// <summary>The lengths of a rollout's completions, in tokens that the model wrote.</summary>
    public static IReadOnlyDictionary<string, double> Lengths(ScoredRollout rollout)
    {
        var lengths = rollout.Rows.Select(r => (double)r.Completion.Length).ToArray();
        var terminated = rollout.Rows.Where(r => r.Completion.FinishReason == FinishReason.Stop).Select(r => (double)r.Completion.Length).DefaultIfEmpty(0).ToArray();
        return new Dictionary<string, double>
        {
            ["completions/mean_length"] = lengths.Average(),
            ["completions/min_length"] = lengths.Min(),
            ["completions/max_length"] = lengths.Max(),
            ["completions/clipped_ratio"] = rollout.Rows.Count(r => r.Completion.FinishReason == FinishReason.Length) / (double)lengths.Length,
            ["completions/mean_terminated_length"] = terminated.Average(),
            ["completions/min_terminated_length"] = terminated.Min(),
            ["completions/max_terminated_length"] = terminated.Max(),
        };
    }

    /// <summary>What groups had in common.</summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="lowest">The lowest summed reward of the run so far, this rollout included.</param>
    /// <param name="highest">The highest.</param>
    public static IReadOnlyDictionary<string, double> Groups(ScoredRollout rollout, double lowest, double highest)
    {
        var groups = rollout.Rows.Chunk(rollout.GroupSize).ToArray();
        var rewards = rollout.Advantages.Rewards.Chunk(rollout.GroupSize).ToArray();
        double Share(double reward) => rewards.Count(group => group.All(r => Math.Abs(r - reward) <= SameReward)) / (double)rewards.Length;
        return new Dictionary<string, double>
        {
            ["groups/distinct_completions"] = groups.Average(group => group.Select(r => r.Sample.Completion).Distinct(StringComparer.Ordinal).Count()),
            ["groups/all_right"] = highest > lowest ? Share(highest) : 0,
            ["groups/all_wrong"] = highest > lowest ? Share(lowest) : 0,
        };
    }
}
