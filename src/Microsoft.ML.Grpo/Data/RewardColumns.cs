using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo;

/// <summary>The one rule for the columns that rewards read: they must be there. Only training needs them.</summary>
internal static class RewardColumns
{
    /// <exception cref="ArgumentOutOfRangeException">A column is missing.</exception>
    public static void Check(SchemaShape inputSchema, IEnumerable<Reward> rewards)
    {
        foreach (var reward in rewards)
        {
            foreach (var name in reward.Columns.Where(name => !inputSchema.Any(column => column.Name == name)))
            {
                throw new ArgumentOutOfRangeException(nameof(inputSchema), Missing(name, reward.Name, inputSchema.Select(column => column.Name)));
            }
        }
    }

    /// <summary>Finds the columns in a schema, each once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing.</exception>
    public static IReadOnlyList<DataViewSchema.Column> Find(DataViewSchema inputSchema, IEnumerable<Reward> rewards) =>
    [
        .. rewards
            .SelectMany(reward => reward.Columns.Select(name => inputSchema.GetColumnOrNull(name)
                ?? throw new ArgumentOutOfRangeException(nameof(inputSchema), Missing(name, reward.Name, inputSchema.Select(column => column.Name)))))
            .DistinctBy(column => column.Index),
    ];

    private static string Missing(string column, string reward, IEnumerable<string> names) =>
        $"The data has no column '{column}', which reward '{reward}' reads. It has: {string.Join(", ", names.Distinct())}. Name one of them in the reward, or add the column.";
}
