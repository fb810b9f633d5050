namespace Microsoft.ML.Grpo;

/// <summary>What a loss asks of the passes before it; the forward plan follows it.</summary>
public enum LossContract
{
    /// <summary>A pure function of its terms: right on every route.</summary>
    AnyRoute,

    /// <summary>
    /// It needs old log-probs that another pass has made (it would go wrong if they were the loss pass's own): a scoring pass is run
    /// even where the schedule is aligned, and <c>CorrectionRoute.Inline</c> is refused.
    /// </summary>
    PrecomputedOld,
}
