namespace Microsoft.ML.Grpo;

/// <summary>One completion, as a reward sees it.</summary>
/// <param name="Prompt">The text of the prompt column of the row, before any chat template.</param>
/// <param name="Completion">The completion's text, special tokens left out.</param>
/// <param name="CompletionIds">The completion's token ids, its stop token included.</param>
/// <param name="FinishReason">Why the completion ended.</param>
/// <param name="Row">Position of the prompt's row in the training data, from 0.</param>
/// <param name="Generation">Which of the group's completions this is, from 0 to the group size exclusive.</param>
/// <param name="Columns">The columns of the row that the run's rewards asked for, by name; text is a <see cref="string"/>, numbers keep their type. The indexer refuses a column that no reward declares.</param>
public sealed record RewardSample(
    string Prompt,
    string Completion,
    IReadOnlyList<int> CompletionIds,
    FinishReason FinishReason,
    long Row,
    int Generation,
    IReadOnlyDictionary<string, object?> Columns);
