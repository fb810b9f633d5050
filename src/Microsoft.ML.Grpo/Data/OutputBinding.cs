namespace Microsoft.ML.Grpo;

/// <summary>The columns of a <see cref="GrpoTransformer"/>, bound to the schema of its input.</summary>
internal sealed class OutputBinding
{
    /// <exception cref="ArgumentOutOfRangeException">The prompt column is missing, or is not text.</exception>
    internal OutputBinding(DataViewSchema inputSchema, GrpoColumns columns)
    {
        InputSchema = inputSchema;
        Prompt = PromptColumn.Find(inputSchema, columns.Prompt);
        Added = AddedColumn.For(columns);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(inputSchema);
        foreach (var column in Added)
        {
            builder.AddColumn(column.Name, column.Type);
        }

        OutputSchema = builder.ToSchema();
    }

    internal DataViewSchema InputSchema { get; }

    internal DataViewSchema OutputSchema { get; }

    internal DataViewSchema.Column Prompt { get; }

    /// <summary>Column <c>InputSchema.Count + i</c> of the output is the i-th of these.</summary>
    internal IReadOnlyList<AddedColumn> Added { get; }

    /// <summary>Whether any of some output columns is an added one.</summary>
    internal bool AnyAdded(IEnumerable<DataViewSchema.Column> outputColumns) => outputColumns.Any(column => column.Index >= InputSchema.Count);

    /// <summary>The input columns among some output columns.</summary>
    internal IEnumerable<DataViewSchema.Column> PassedThrough(IEnumerable<DataViewSchema.Column> outputColumns) =>
        outputColumns.Where(column => column.Index < InputSchema.Count).Select(column => InputSchema[column.Index]);

    /// <summary>Which output columns are asked for, by index.</summary>
    internal bool[] Active(IEnumerable<DataViewSchema.Column> outputColumns)
    {
        var active = new bool[OutputSchema.Count];
        foreach (var column in outputColumns)
        {
            active[column.Index] = true;
        }

        return active;
    }

    /// <summary>The getter of an output column of a row.</summary>
    /// <param name="column">The output column.</param>
    /// <param name="active">The columns that the row was made for.</param>
    /// <param name="input">The input's row.</param>
    /// <param name="completion">Gives the row's completion.</param>
    /// <exception cref="ArgumentOutOfRangeException">The row was not made for this column.</exception>
    internal ValueGetter<TValue> Getter<TValue>(DataViewSchema.Column column, bool[] active, DataViewRow input, Func<GeneratedText> completion)
    {
        if (column.Index >= active.Length || !active[column.Index])
        {
            throw new ArgumentOutOfRangeException(nameof(column), column.Name, "The column is not active in this row: ask for it when the cursor or row is made.");
        }

        return column.Index < InputSchema.Count
            ? input.GetGetter<TValue>(InputSchema[column.Index])
            : Added[column.Index - InputSchema.Count].Getter<TValue>(completion);
    }
}
