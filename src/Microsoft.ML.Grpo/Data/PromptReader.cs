using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo;

/// <summary>Reads the prompt column, and the columns that rewards ask for, into memory.</summary>
internal static class PromptReader
{
    /// <summary>Reads every row.</summary>
    /// <param name="data">The data.</param>
    /// <param name="promptColumn">Name of a text column.</param>
    /// <param name="columns">Names of further columns.</param>
    /// <param name="cancellationToken">Stops between two rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or the prompt column is not text.</exception>
    public static IReadOnlyList<PromptRow> Read(IDataView data, string promptColumn, IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        var prompt = Find(data.Schema, promptColumn, "GrpoOptions.PromptColumnName");
        if (prompt.Type != TextDataViewType.Instance)
        {
            throw new ArgumentOutOfRangeException("inputSchema", $"Column '{promptColumn}' is of type {prompt.Type}; a prompt column must be text. Set GrpoOptions.PromptColumnName to a text column.");
        }

        var others = columns.Select(name => Find(data.Schema, name, "the reward that reads it")).ToArray();
        using var cursor = data.GetRowCursor([prompt, .. others]);
        var text = cursor.GetGetter<ReadOnlyMemory<char>>(prompt);
        var readers = others.Select(column => (column.Name, Read: ColumnReader.For(cursor, column))).ToArray();
        var rows = new List<PromptRow>();
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlyMemory<char> value = default;
            text(ref value);
            rows.Add(new(rows.Count, value.ToString(), readers.ToDictionary(r => r.Name, r => r.Read())));
        }

        return rows;
    }

    private static DataViewSchema.Column Find(DataViewSchema schema, string name, string remedy) => schema.GetColumnOrNull(name)
        ?? throw new ArgumentOutOfRangeException("inputSchema", $"There is no column '{name}' in the data. It has: {string.Join(", ", schema.Select(c => c.Name))}. Change {remedy}, or add the column.");
}
