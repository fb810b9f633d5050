namespace Microsoft.ML.Grpo;

/// <summary>Data with completions added when they are asked for.</summary>
internal sealed class GrpoDataView(GrpoTransformer transformer, IDataView source, OutputBinding binding) : IDataView
{
    /// <summary>Never: the cursor that reads ahead must meet the rows in the order of the one that it runs ahead of.</summary>
    public bool CanShuffle => false;

    public DataViewSchema Schema => binding.OutputSchema;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var needed = columnsNeeded.ToArray();
        var passed = binding.PassedThrough(needed);
        if (!binding.AnyAdded(needed))
        {
            return new GrpoCursor(binding, source.GetRowCursor(passed), null, binding.Active(needed));
        }

        // The prompt is read by both, so that they can be compared. A cache fills all of a cursor's columns in one pass: the wider one first.
        var rows = source.GetRowCursor(passed.Append(binding.Prompt).DistinctBy(column => column.Index));
        var ahead = new ReadAhead(transformer, source.GetRowCursor([binding.Prompt]), binding.Prompt);
        return new GrpoCursor(binding, rows, ahead, binding.Active(needed));
    }

    /// <summary>One cursor, however many are wanted: the policy is the bottleneck, and ML.NET splits the rest by itself.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}
