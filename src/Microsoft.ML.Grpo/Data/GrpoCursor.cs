using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo;

/// <summary>A cursor over the input's rows, with the completion of each at hand.</summary>
internal sealed class GrpoCursor(OutputBinding binding, DataViewRowCursor rows, ReadAhead? ahead, bool[] active) : DataViewRowCursor
{
    private readonly ValueGetter<ReadOnlyMemory<char>>? _prompt = ahead is null ? null : rows.GetGetter<ReadOnlyMemory<char>>(binding.Prompt);

    // Counted here, since a source need not number its rows one by one.
    private long _row = -1;

    public override long Position => rows.Position;

    public override long Batch => rows.Batch;

    public override DataViewSchema Schema => binding.OutputSchema;

    public override bool MoveNext()
    {
        _row++;
        if (ahead is null)
        {
            return rows.MoveNext();
        }

        var moved = ahead.Move(rows);
        if (!moved)
        {
            ahead.CheckEnd(_row);
        }

        return moved;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        binding.Getter<TValue>(column, active, rows, Completion);

    public override ValueGetter<DataViewRowId> GetIdGetter() => rows.GetIdGetter();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            rows.Dispose();
            ahead?.Dispose();
        }

        base.Dispose(disposing);
    }

    private GeneratedText Completion()
    {
        ReadOnlyMemory<char> prompt = default;
        _prompt!(ref prompt);
        return ahead!.Complete(_row, prompt.Span);
    }
}
