namespace Microsoft.ML.Grpo;

/// <summary>The columns that a <see cref="GrpoTransformer"/> reads and adds; it is saved with the model.</summary>
/// <param name="Prompt">The text column that it reads.</param>
/// <param name="Output">The text column that it adds: the completion.</param>
/// <param name="LogProb">The <see cref="float"/> column that it adds, the log-probability of the completion (in nats); <see langword="null"/>: none.</param>
/// <param name="FinishReason">The text column that it adds, a name of <see cref="Grpo.FinishReason"/>; <see langword="null"/>: none.</param>
internal sealed record GrpoColumns(string Prompt, string Output, string? LogProb = null, string? FinishReason = null);
