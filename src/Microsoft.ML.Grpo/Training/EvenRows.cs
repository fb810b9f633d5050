namespace Microsoft.ML.Grpo;

/// <summary>What becomes of rows whose advantage is 0 in the loss pass.</summary>
internal enum EvenRowsPass
{
    /// <summary>They are run as all others.</summary>
    Whole,

    /// <summary>Groups of them are run forward alone: there is nothing to learn from them, but something to measure.</summary>
    Forward,

    /// <summary>They are not run.</summary>
    None,
}

/// <summary>
/// Rows whose advantage is 0: where nothing but the policy's term has a say in the loss, they add 0 to it and to its gradient,
/// and need no pass. They still count in denominators.
/// </summary>
internal static class EvenRows
{
    /// <summary>What becomes of them in a run.</summary>
    public static EvenRowsPass Pass(GrpoOptions options, ForwardPlan plan) =>
        WhyWhole(options) is not null ? EvenRowsPass.Whole
        : plan.Ratio == RatioSource.FirstVisit ? EvenRowsPass.Forward
        : EvenRowsPass.None;

    /// <summary>In words, for the log.</summary>
    public static string Describe(GrpoOptions options, ForwardPlan plan) => Pass(options, plan) switch
    {
        EvenRowsPass.Whole => $"Completions whose advantage is 0 go through the loss pass: {WhyWhole(options)}.",
        EvenRowsPass.Forward => "Groups whose advantages are all 0 go forward through the loss pass, but not back: the statistics of the IS ratio need them, and the update does not.",
        _ => "Completions whose advantage is 0 do not go through the loss pass: they would not change the update.",
    };

    private static string? WhyWhole(GrpoOptions options) =>
        !options.Execution.SkipZeroAdvantageRows ? "Execution.SkipZeroAdvantageRows is false"
        : options.Loss.Custom is not null ? "the custom loss may do anything with them"
        : options.Loss.Beta != 0 ? "the KL term needs them"
        : options.Loss.ToObjective(options.ResolveCorrection()).EntropyBonus ? "the entropy bonus needs them"
        : options.Loss.TopEntropyQuantile < 1 ? "the quantile of entropies needs them"
        : null;
}
