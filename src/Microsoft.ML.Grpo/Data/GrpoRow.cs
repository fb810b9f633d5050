using Microsoft.ML.Data;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A row with its completion, made once for every position of the input: a prediction engine moves the position on
/// with each prediction, and reads several columns of one.
/// </summary>
internal sealed class GrpoRow(GrpoTransformer transformer, OutputBinding binding, DataViewRow input, bool[] active) : DataViewRow
{
    private ValueGetter<ReadOnlyMemory<char>>? _prompt;
    private GeneratedText? _completion;
    private long _completedAt;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override DataViewSchema Schema => binding.OutputSchema;

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        binding.Getter<TValue>(column, active, input, Completion);

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            input.Dispose();
        }

        base.Dispose(disposing);
    }

    private GeneratedText Completion()
    {
        if (_completion is null || _completedAt != input.Position)
        {
            ReadOnlyMemory<char> text = default;
            (_prompt ??= input.GetGetter<ReadOnlyMemory<char>>(binding.Prompt))(ref text);
            // No number for errors: a prediction engine's positions count its calls.
            _completion = transformer.Generate([text.ToString()], firstRow: null)[0];
            _completedAt = input.Position;
        }

        return _completion;
    }
}
