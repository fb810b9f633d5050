namespace Microsoft.ML.Grpo;

/// <summary>Why a completion ended.</summary>
public enum FinishReason
{
    /// <summary>The policy sampled one of the stop tokens; it is the last token of the completion.</summary>
    Stop,

    /// <summary>The completion reached its largest allowed number of tokens (it is <em>truncated</em>).</summary>
    Length,
}
