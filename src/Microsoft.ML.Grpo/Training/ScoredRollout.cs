namespace Microsoft.ML.Grpo;

/// <summary>A sampled completion of a row of the data, with its text.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Completion">Ids and log-probs.</param>
/// <param name="Sample">What rewards see.</param>
internal sealed record RolloutRow(PreparedPrompt Prompt, Completion Completion, RewardSample Sample)
{
    public TokenSequence Sequence => new(Prompt.Ids, Completion.Ids, Prompt.Further, Completion.ModelTokens);
}

/// <summary>Whole groups of completions and what the rewards said of them.</summary>
/// <param name="Rows">Group after group.</param>
/// <param name="GroupSize">Rows of a group.</param>
/// <param name="Rewards">[rows, F].</param>
/// <param name="Advantages">One a row.</param>
internal sealed record ScoredRollout(IReadOnlyList<RolloutRow> Rows, int GroupSize, RewardTable Rewards, AdvantageTable Advantages)
{
    /// <summary>Metrics of how its groups were come by; none where it is simply what its prompts gave.</summary>
    public IReadOnlyDictionary<string, double> SamplingMetrics { get; init; } = new Dictionary<string, double>();
}
