namespace Microsoft.ML.Grpo.Parity;

/// <summary>A way to replay a run; all must arrive at the same place.</summary>
/// <param name="Name">What lines of the report say after the run's name.</param>
/// <param name="Route">Where a correction has the old log-probs from.</param>
/// <param name="MicroBatchTokens">Tokens of a loss pass.</param>
internal sealed record ReplayVariant(string Name, CorrectionRoute Route, int MicroBatchTokens)
{
    /// <summary>A slice is one pass, as in the reference.</summary>
    public static ReplayVariant Plain { get; } = new("", CorrectionRoute.Auto, int.MaxValue);

    /// <summary>With the scoring pass that the reference always makes under a correction.</summary>
    public static ReplayVariant Precompute { get; } = new(" precompute", CorrectionRoute.Precompute, int.MaxValue);

    /// <summary>A slice takes several passes.</summary>
    public static ReplayVariant SmallMicroBatches { get; } = new(" micro-batches", CorrectionRoute.Auto, 40);

    /// <summary>A group's prompt goes through once, whether that saves much or little.</summary>
    public static ReplayVariant SharedPrompt { get; } = new(" shared prompt", CorrectionRoute.Auto, int.MaxValue) { Sharing = PromptSharing.Always };

    /// <summary>Whether completions share a prompt.</summary>
    public PromptSharing Sharing { get; init; } = PromptSharing.Never;

    /// <summary>Those that a run can be replayed by.</summary>
    public static IEnumerable<ReplayVariant> Of(RecordedRun run) =>
        run.IsCorrection ? [Plain, Precompute, SmallMicroBatches, SharedPrompt] : [Plain, SmallMicroBatches, SharedPrompt];
}
