namespace Microsoft.ML.Grpo;

/// <summary>What becomes of the matches that a text is split at.</summary>
internal enum SplitBehavior
{
    /// <summary>They are left out.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>Each is the end of the piece before it; the second of two neighbours stands alone.</summary>
    MergedWithPrevious,

    /// <summary>Each is the beginning of the piece after it; the first of two neighbours stands alone.</summary>
    MergedWithNext,

    /// <summary>Neighbours are one piece.</summary>
    Contiguous,
}
