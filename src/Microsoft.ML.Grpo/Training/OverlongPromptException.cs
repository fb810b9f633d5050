namespace Microsoft.ML.Grpo;

/// <summary>A prompt has more tokens than leave room for a completion, and <see cref="GrpoOptions.OverlongPrompts"/> is <see cref="OverlongPrompts.Error"/>.</summary>
public sealed class OverlongPromptException : ArgumentException
{
    /// <summary>Makes the error.</summary>
    /// <param name="row">The prompt's row.</param>
    /// <param name="isValidation">Whether that is a row of the validation data.</param>
    /// <param name="tokens">The prompt's tokens.</param>
    /// <param name="limit">The most it may have.</param>
    /// <param name="what">What the data is, in words.</param>
    internal OverlongPromptException(long row, bool isValidation, int tokens, int limit, string what)
        : base(
            $"The prompt of row {row} (counted from 0) of the {what} has {tokens} tokens, more than the {limit} that leave room for a completion (MaxPromptTokens, default the model's context less MaxCompletionTokens). "
            + "Shorten it, lower MaxCompletionTokens, or set OverlongPrompts to Skip or TruncateLeft.") =>
        (Row, IsValidation, Tokens, Limit) = (row, isValidation, tokens, limit);

    /// <summary>Position of the prompt's row in its data, from 0.</summary>
    public long Row { get; }

    /// <summary>Whether the row is of <see cref="EvaluationOptions.ValidationData"/>, and not of the data that is trained on.</summary>
    public bool IsValidation { get; }

    /// <summary>Tokens of the prompt, chat template and system prompt included.</summary>
    public int Tokens { get; }

    /// <summary>The most that a prompt may have.</summary>
    public int Limit { get; }
}
