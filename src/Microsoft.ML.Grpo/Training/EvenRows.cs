namespace Microsoft.ML.Grpo;

/// <summary>
/// Rows whose advantage is 0: where nothing but the policy's term has a say in the loss, they add 0 to it and to its gradient,
/// and need no pass. They still count in denominators.
/// </summary>
internal static class EvenRows
{
    /// <summary>Why such rows are run all the same; null: they are not.</summary>
    public static string? WhyRun(GrpoOptions options, ForwardPlan plan) =>
        !options.Execution.SkipZeroAdvantageRows ? "Execution.SkipZeroAdvantageRows is false"
        : options.Loss.Custom is not null ? "the custom loss may do anything with them"
        : options.Loss.Beta != 0 ? "the KL term needs them"
        : options.Loss.ToObjective(options.ResolveCorrection()).EntropyBonus ? "the entropy bonus needs them"
        : options.Loss.TopEntropyQuantile < 1 ? "the quantile of entropies needs them"
        : plan.Ratio == RatioSource.FirstVisit ? "the statistics of the IS ratio need them, which the loss pass computes"
        : null;

    /// <summary>In words, for the log.</summary>
    public static string Describe(GrpoOptions options, ForwardPlan plan) => WhyRun(options, plan) is { } why
        ? $"Completions whose advantage is 0 go through the loss pass: {why}."
        : "Completions whose advantage is 0 do not go through the loss pass: they would not change the update.";
}
