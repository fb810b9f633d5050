using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo;

/// <summary>The one rule for the columns that rewards read: they are there, and of a type that can be handed over. Only training needs them.</summary>
internal static class RewardColumns
{
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or of a type that a reward cannot be handed.</exception>
    public static void Check(SchemaShape inputSchema, IEnumerable<Reward> rewards)
    {
        foreach (var (reward, name) in Named(rewards))
        {
            var columns = inputSchema.Where(column => column.Name == name).ToArray();
            if (columns.Length == 0)
            {
                throw new ArgumentOutOfRangeException(nameof(inputSchema), Missing("data", name, reward, inputSchema.Select(column => column.Name)));
            }

            if (!ColumnReader.Reads(columns[0].ItemType))
            {
                throw new ArgumentOutOfRangeException(nameof(inputSchema), NotReadable("data", name, reward, columns[0].ItemType));
            }
        }
    }

    /// <summary>Finds the columns in a schema, each once.</summary>
    /// <param name="inputSchema">The schema.</param>
    /// <param name="rewards">The rewards.</param>
    /// <param name="what">What the data is, for errors.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or of a type that a reward cannot be handed.</exception>
    public static IReadOnlyList<DataViewSchema.Column> Find(DataViewSchema inputSchema, IEnumerable<Reward> rewards, string what = "data")
    {
        var found = new List<DataViewSchema.Column>();
        foreach (var (reward, name) in Named(rewards))
        {
            var column = inputSchema.GetColumnOrNull(name)
                ?? throw new ArgumentOutOfRangeException(nameof(inputSchema), Missing(what, name, reward, inputSchema.Select(column => column.Name)));
            found.Add(ColumnReader.Reads(column.Type)
                ? column
                : throw new ArgumentOutOfRangeException(nameof(inputSchema), NotReadable(what, name, reward, column.Type)));
        }

        return [.. found.DistinctBy(column => column.Index)];
    }

    private static IEnumerable<(string Reward, string Column)> Named(IEnumerable<Reward> rewards) =>
        rewards.SelectMany(reward => reward.Columns.Select(column => (reward.Name, column)));

    private static string Missing(string what, string column, string reward, IEnumerable<string> names) =>
        $"The {what} has no column '{column}', which reward '{reward}' reads. It has: {string.Join(", ", names.Distinct())}. Name one of them in the reward, or add the column.";

    private static string NotReadable(string what, string column, string reward, DataViewType type) =>
        $"Column '{column}' of the {what}, which reward '{reward}' reads, has type {type}. Convert it to text, a number, a boolean or a date (or a vector of these) first, or name another column in the reward.";
}
