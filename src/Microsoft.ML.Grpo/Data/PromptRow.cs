namespace Microsoft.ML.Grpo;

/// <summary>A row of the training data.</summary>
/// <param name="Row">Its position in the data, from 0.</param>
/// <param name="Prompt">The text of the prompt column.</param>
/// <param name="Columns">The columns that rewards read, by name.</param>
internal sealed record PromptRow(long Row, string Prompt, IReadOnlyDictionary<string, object?> Columns);
