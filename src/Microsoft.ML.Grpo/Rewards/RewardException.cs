namespace Microsoft.ML.Grpo;

/// <summary>A reward failed: it threw, or returned NaN, an infinity or the wrong number of scores. Nothing was learned from its batch.</summary>
public sealed class RewardException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">What is wrong, where, and the remedy.</param>
    /// <param name="rewardName">The reward's <see cref="Reward.Name"/>.</param>
    /// <param name="row">Position of the prompt's row in the training data, from 0; <see langword="null"/> if the whole batch failed.</param>
    /// <param name="generation">Which of the group's completions, from 0; <see langword="null"/> if the whole batch failed.</param>
    /// <param name="innerException">What the reward threw, if it threw.</param>
    public RewardException(string message, string rewardName, long? row = null, int? generation = null, Exception? innerException = null)
        : base(message, innerException)
    {
        RewardName = rewardName;
        Row = row;
        Generation = generation;
    }

    /// <summary>The name of the reward that failed.</summary>
    public string RewardName { get; }

    /// <summary>Position of the prompt's row in the training data, from 0; <see langword="null"/> if the whole batch failed.</summary>
    public long? Row { get; }

    /// <summary>Which of the group's completions, from 0; <see langword="null"/> if the whole batch failed.</summary>
    public int? Generation { get; }

    private const string Remedy = "Return null for completions that this reward cannot judge, and a finite number for all others.";

    internal static RewardException Threw(string reward, RewardSample sample, Exception cause) => cause is UndeclaredColumnException undeclared
        ? new($"The reward '{reward}' does not declare the column '{undeclared.Column}', which it reads. {undeclared.Remedy}", reward, sample.Row, sample.Generation, cause)
        : new($"The reward '{reward}' threw {cause.GetType().Name} at {Place(sample)}: {cause.Message.TrimEnd('.')}. {Remedy}", reward, sample.Row, sample.Generation, cause);

    internal static RewardException Threw(string reward, IReadOnlyList<RewardSample> batch, Exception cause) =>
        batch.Count == 1 || (cause is UndeclaredColumnException && batch.Count > 0)
            ? Threw(reward, batch[0], cause)
            : new($"The reward '{reward}' threw {cause.GetType().Name} on {Rows(batch)}: {cause.Message.TrimEnd('.')}. {Remedy}", reward, innerException: cause);

    internal static RewardException JudgeFailed(string reward, RewardSample sample, Exception cause) => new(
        $"The judge of the reward '{reward}' failed at {Place(sample)} with {cause.GetType().Name}: {cause.Message.TrimEnd('.')}. "
        + "Nothing is asked twice here: put retries and time-outs into the client's own pipeline (its SDK's retry policy, or Microsoft.Extensions.Http.Resilience).",
        reward, sample.Row, sample.Generation, cause);

    internal static RewardException NotFinite(string reward, RewardSample sample, double score) =>
        new(FormattableString.Invariant($"The reward '{reward}' returned {score} at {Place(sample)}. {Remedy}"), reward, sample.Row, sample.Generation);

    internal static RewardException WrongCount(string reward, IReadOnlyList<RewardSample> batch, int count) =>
        new($"The reward '{reward}' returned {count} scores for {Rows(batch)}. Return one score a completion, in the order of the completions.", reward);

    internal static RewardException NoScores(string reward, IReadOnlyList<RewardSample> batch) =>
        new($"The reward '{reward}' returned null instead of a list of scores for {Rows(batch)}. Return one score a completion, in the order of the completions.", reward);

    private static string Place(RewardSample sample) => $"row {sample.Row}, generation {sample.Generation} (both counted from 0)";

    private static string Rows(IReadOnlyList<RewardSample> batch) =>
        batch.Count == 0
            ? "an empty batch"
            : $"{batch.Count} completions of row{(batch.All(s => s.Row == batch[0].Row) ? $" {batch[0].Row}" : $"s {batch.Min(s => s.Row)} to {batch.Max(s => s.Row)}")} (counted from 0)";
}
