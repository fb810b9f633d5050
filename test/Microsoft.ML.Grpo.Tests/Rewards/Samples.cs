namespace Microsoft.ML.Grpo.Tests;

/// <summary>Makes what rewards see.</summary>
internal static class Samples
{
    public static RewardSample One(string completion, object? answer = null, long row = 0, int generation = 0) =>
        new("prompt", completion, [1, 2], FinishReason.Stop, row, generation, new Dictionary<string, object?> { ["Answer"] = answer });

    /// <summary>Groups of completions named <c>r{row}g{generation}</c>.</summary>
    public static RewardSample[] Groups(int groups, int groupSize, int firstRow = 0) =>
        [.. from row in Enumerable.Range(firstRow, groups) from g in Enumerable.Range(0, groupSize) select One($"r{row}g{g}", row: row, generation: g)];

    public static double? Score(this Reward reward, RewardSample sample) => reward.ScoreAsync([sample], CancellationToken.None).AsTask().GetAwaiter().GetResult()[0];
}
