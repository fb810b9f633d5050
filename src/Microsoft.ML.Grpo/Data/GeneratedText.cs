namespace Microsoft.ML.Grpo;

/// <summary>One completion, as text.</summary>
/// <param name="Text">The completion without its stop token.</param>
/// <param name="LogProb">The sum of the log-probabilities of its tokens, in nats.</param>
/// <param name="FinishReason">Why it ended.</param>
internal sealed record GeneratedText(string Text, float LogProb, FinishReason FinishReason);
