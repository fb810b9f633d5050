namespace Microsoft.ML.Grpo;

/// <summary>A row of the data and its prompt as the policy reads it.</summary>
/// <param name="Row">The row.</param>
/// <param name="Ids">The prompt's token ids, chat template included; at least one.</param>
internal sealed record PreparedPrompt(PromptRow Row, IReadOnlyList<int> Ids)
{
    /// <summary>The row's further model input; null: none.</summary>
    public object? Further => Row.Further;
}
