namespace Microsoft.ML.Grpo;

/// <summary>How the trainer's log-probs at the weights that sampled, which the correction needs, are come by.</summary>
public enum CorrectionRoute
{
    /// <summary>Inline when the schedule is aligned, else precomputed; the log says which and why.</summary>
    Auto,

    /// <summary>From the loss pass itself, on its first visit: no further forward pass. Needs an aligned schedule.</summary>
    Inline,

    /// <summary>From a scoring pass of their own, before the first update: for checking <see cref="Inline"/> against.</summary>
    Precompute,
}
