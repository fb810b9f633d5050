namespace Microsoft.ML.Grpo;

/// <summary>A run was stopped because going on would have spoilt the policy. The weights are those of the last finished step.</summary>
public sealed class TrainingException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">What happened, at which step and rows, and what to do.</param>
    /// <param name="cause">What it was noticed by.</param>
    internal TrainingException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
