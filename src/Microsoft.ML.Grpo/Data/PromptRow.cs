namespace Microsoft.ML.Grpo;

/// <summary>A row of the training data.</summary>
/// <param name="Row">Its position in the data, from 0.</param>
/// <param name="Prompt">The text of the prompt column.</param>
/// <param name="Columns">The columns that rewards read, by name.</param>
/// <param name="Further">The row's further model input, such as an image, which the network alone looks into; null: none. Whoever made it owns it.</param>
internal sealed record PromptRow(long Row, string Prompt, IReadOnlyDictionary<string, object?> Columns, object? Further = null);
