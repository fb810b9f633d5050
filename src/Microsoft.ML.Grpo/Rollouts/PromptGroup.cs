namespace Microsoft.ML.Grpo;

/// <summary>A sampled completion.</summary>
/// <param name="Ids">Its token ids, the stop token included; at least one.</param>
/// <param name="LogProbs">The sampler's log-prob of each id, in nats: of the full distribution, temperature-scaled, before any truncation; NaN = it did not say; null: it said nothing of this completion.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="ModelTokens">Which ids the model wrote, in place of a tool or an environment, whose ids carry no loss; null: all.</param>
internal sealed record Completion(IReadOnlyList<int> Ids, IReadOnlyList<double>? LogProbs, FinishReason FinishReason, IReadOnlyList<bool>? ModelTokens = null)
{
    /// <summary>Tokens that the model wrote.</summary>
    public int Length => ModelTokens?.Count(written => written) ?? Ids.Count;

    /// <summary>The sampler's log-prob of the whole completion, in nats; NaN = it did not say that of every id.</summary>
    public double LogProb => LogProbs?.Sum() ?? double.NaN;
}

/// <summary>A prompt and its completions.</summary>
/// <param name="Prompt">The prompt, held once.</param>
/// <param name="Completions">As many as the group size, in the order of their generation numbers.</param>
internal sealed record PromptGroup(RolloutPrompt Prompt, IReadOnlyList<Completion> Completions);
