namespace Microsoft.ML.Grpo;

/// <summary>How completions that are given go through a model: in the loss pass, and in the passes that score them.</summary>
/// <param name="Temperature">Divides the logits; positive.</param>
/// <param name="MicroBatchTokens">Most tokens that go through at once; a row longer than that goes alone.</param>
internal sealed record PassSettings(double Temperature, int MicroBatchTokens)
{
    /// <summary>How log-probs are made from hidden states.</summary>
    public LogProbHead Head { get; init; } = LogProbHead.Tiled;

    /// <summary>Whether a group's completions share one pass of their prompt.</summary>
    public PromptSharing Sharing { get; init; } = PromptSharing.Auto;

    /// <summary>Whether blocks are run again in the backward pass rather than their insides kept.</summary>
    public bool Checkpointing { get; init; }
}
