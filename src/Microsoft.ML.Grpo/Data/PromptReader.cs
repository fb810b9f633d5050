namespace Microsoft.ML.Grpo;

/// <summary>Reads the prompt column, and the columns that rewards ask for, into memory.</summary>
internal static class PromptReader
{
    /// <summary>Reads every row.</summary>
    /// <param name="data">The data.</param>
    /// <param name="promptColumn">Name of a text column.</param>
    /// <param name="rewards">The rewards; the columns they read are kept.</param>
    /// <param name="what">What the data is, for errors: <c>training data</c>.</param>
    /// <param name="cancellationToken">Stops between two rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="ArgumentException">There is no row.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IReadOnlyList<PromptRow> Read(IDataView data, string promptColumn, IEnumerable<Reward> rewards, string what, CancellationToken cancellationToken)
    {
        var prompt = PromptColumn.Find(data.Schema, promptColumn, what);
        var columns = RewardColumns.Find(data.Schema, rewards, what);
        using var cursor = data.GetRowCursor([prompt, .. columns]);
        var text = cursor.GetGetter<ReadOnlyMemory<char>>(prompt);
        var readers = columns.Select(column => (column.Name, Read: ColumnReader.For(cursor, column))).ToArray();
        var rows = new List<PromptRow>();
        while (cursor.MoveNext())
        {
            if (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException($"The run was cancelled while the {what} was read, before the first step: no policy is returned.", cancellationToken);
            }

            ReadOnlyMemory<char> value = default;
            text(ref value);
            rows.Add(new(rows.Count, value.ToString(), new DeclaredColumns(readers.ToDictionary(r => r.Name, r => r.Read()))));
        }

        return rows.Count > 0
            ? rows
            : throw new ArgumentException($"The {what} has no rows. Look at the file or filter that it comes from.");
    }
}
