namespace Microsoft.ML.Grpo;

/// <summary>
/// How the loss corrects for a sampler whose probabilities differ from the trainer's at the same weights: by the IS ratio
/// <c>rho = exp(old - smp)</c>, bounded in one of four ways. It multiplies a token's loss and has no gradient.
/// </summary>
public enum CorrectionMode
{
    /// <summary>Not at all.</summary>
    Off,

    /// <summary>Each token has its own ratio, moved to the nearer bound if it is outside.</summary>
    TokenTruncate,

    /// <summary>Each token has its own ratio; a token whose ratio is outside the bounds carries no loss.</summary>
    TokenMask,

    /// <summary>A completion has one ratio, the product of its tokens' ratios, moved to the nearer bound if it is outside.</summary>
    SequenceTruncate,

    /// <summary>A completion has one ratio, the product of its tokens' ratios; one whose ratio is outside the bounds carries no loss.</summary>
    SequenceMask,
}
