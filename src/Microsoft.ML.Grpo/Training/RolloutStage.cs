namespace Microsoft.ML.Grpo;

/// <summary>Prompts in, scored completions out: samples, decodes, asks the rewards, and takes the advantages.</summary>
internal sealed class RolloutStage(IRolloutEngine engine, PolicyTokenizer tokenizer, RewardScorer scorer, LossOptions loss, RunRandom random)
{
    /// <summary>Samples and scores.</summary>
    /// <param name="prompts">The prompts, in the order of their places.</param>
    /// <param name="groupSize">Completions of each.</param>
    /// <param name="sampling">How tokens are drawn.</param>
    /// <param name="purpose">What the draws are for.</param>
    /// <param name="rollout">Number of the rollout.</param>
    /// <param name="scoring">Told when sampling is over and scoring begins.</param>
    /// <param name="cancellationToken">Stops between two tokens, and while rewards are awaited.</param>
    /// <param name="firstPlace">The place of the first prompt: above 0 where others of the same rollout have been sampled before, so that no draw is made twice.</param>
    public ScoredRollout Run(
        IReadOnlyList<PreparedPrompt> prompts, int groupSize, SamplingParameters sampling, DrawPurpose purpose, long rollout, Action? scoring, CancellationToken cancellationToken, int firstPlace = 0)
    {
        var request = new RolloutRequest([.. prompts.Select((p, i) => new RolloutPrompt(firstPlace + i, p.Ids, p.Further))], groupSize, sampling, random, purpose, rollout);
        var groups = Wait(() => engine.SampleAsync(request, cancellationToken));
        scoring?.Invoke();
        var rows = groups.SelectMany((group, i) => group.Completions.Select((completion, g) => new RolloutRow(prompts[i], completion, Sample(prompts[i], completion, g)))).ToArray();
        var rewards = Wait(() => scorer.ScoreAsync([.. rows.Select(r => r.Sample)], groupSize, cancellationToken));
        return Weigh(rows, groupSize, rewards);
    }

    /// <summary>Takes the advantages of rows that are sampled and scored.</summary>
    /// <param name="rows">Whole groups, one after another.</param>
    /// <param name="groupSize">Rows of a group.</param>
    /// <param name="rewards">[rows, F].</param>
    public ScoredRollout Weigh(IReadOnlyList<RolloutRow> rows, int groupSize, RewardTable rewards) =>
        new(rows, groupSize, rewards, Advantages.Compute(rewards.Scores, rewards.Weights, groupSize, loss.ScaleRewards, loss.RewardAggregation));

    private RewardSample Sample(PreparedPrompt prompt, Completion completion, int generation) => new(
        prompt.Row.Prompt, tokenizer.Decode(completion.Ids), completion.Ids, completion.FinishReason, prompt.Row.Row, generation, prompt.Row.Columns);

    /// <summary>
    /// Waits on the calling thread: a run keeps to one, since gradient mode and dispose scopes belong to the thread. Without
    /// its synchronization context, since a reward that awaits on a user interface's thread would wait for the thread that waits here.
    /// </summary>
    private static T Wait<T>(Func<ValueTask<T>> start)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return start().AsTask().GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
