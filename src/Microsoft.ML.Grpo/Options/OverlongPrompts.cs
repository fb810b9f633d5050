namespace Microsoft.ML.Grpo;

/// <summary>What happens in training and evaluation to a prompt with more tokens than <see cref="GrpoOptions.MaxPromptTokens"/> allows.</summary>
/// <remarks>
/// This is for <c>Fit</c> alone: <c>Transform</c> refuses a prompt that does not fit the model's context, whatever is set here, since a row
/// without a completion, or with that of another text, would pass unseen.
/// </remarks>
public enum OverlongPrompts
{
    /// <summary>The run stops with an error that names the row and its length.</summary>
    Error,

    /// <summary>The row is left out, and the number of rows left out is logged.</summary>
    Skip,

    /// <summary>
    /// The text of the prompt loses tokens from its start until all fits; what stands around the text, the chat template and the system prompt,
    /// stays whole. How many rows were cut is logged; a limit that leaves no room for a token of the text is an error.
    /// </summary>
    TruncateLeft,
}
