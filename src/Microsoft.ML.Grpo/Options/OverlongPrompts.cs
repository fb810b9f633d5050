namespace Microsoft.ML.Grpo;

/// <summary>What happens to a prompt with more tokens than <see cref="GrpoOptions.MaxPromptTokens"/> allows.</summary>
public enum OverlongPrompts
{
    /// <summary>The run stops with an error that names the row and its length.</summary>
    Error,

    /// <summary>The row is left out, and the number of rows left out is logged.</summary>
    Skip,

    /// <summary>The prompt loses tokens from its start until it fits.</summary>
    TruncateLeft,
}
