namespace Microsoft.ML.Grpo;

/// <summary>The bounds of the IS ratio.</summary>
/// <param name="Mode">Level, and what happens outside the bounds.</param>
/// <param name="MinRatio">Lower bound, inclusive; null: none.</param>
/// <param name="MaxRatio">Upper bound, inclusive; null: none.</param>
internal sealed record CorrectionSettings(CorrectionMode Mode, double? MinRatio, double? MaxRatio)
{
    /// <summary>No correction.</summary>
    internal static CorrectionSettings Off { get; } = new(CorrectionMode.Off, null, null);

    /// <summary>Whether there is any.</summary>
    internal bool IsOn => Mode != CorrectionMode.Off;

    /// <summary>Whether a completion has one ratio.</summary>
    internal bool OfSequences => Mode is CorrectionMode.SequenceTruncate or CorrectionMode.SequenceMask;

    /// <summary>Whether a ratio outside is moved to the nearer bound, in place of being left out.</summary>
    internal bool Truncates => Mode is CorrectionMode.TokenTruncate or CorrectionMode.SequenceTruncate;

    /// <summary>The lower bound, minus infinity if there is none.</summary>
    internal double Least => MinRatio ?? double.NegativeInfinity;

    /// <summary>The upper bound, infinity if there is none.</summary>
    internal double Most => MaxRatio ?? double.PositiveInfinity;

    /// <summary>Whether the bounds leave out 1, the ratio of padding.</summary>
    internal bool LeavesOutOne => IsOn && (MinRatio > 1 || MaxRatio < 1);
}
