namespace Microsoft.ML.Grpo.Parity;

/// <summary>The prompts of a recorded batch, their ids as they are.</summary>
internal static class ReplayPrompts
{
    /// <summary>One a group.</summary>
    public static IReadOnlyList<PreparedPrompt> Of(RecordedBatch batch, int groupSize) =>
        [.. Enumerable.Range(0, batch.Rows / groupSize).Select(i => i * groupSize).Select(row =>
            new PreparedPrompt(new(row, batch.Prompts[row], new Dictionary<string, object?>()), batch.PromptIds[row]))];
}
