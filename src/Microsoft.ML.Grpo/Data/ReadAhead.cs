namespace Microsoft.ML.Grpo;

/// <summary>
/// A second cursor over the same data that reads prompts only, and completes a batch of them when a row behind is asked
/// for. So rows are batched without buffering columns whose types we do not know. Not thread-safe, as cursors are not.
/// </summary>
internal sealed class ReadAhead : IDisposable
{
    private readonly GrpoTransformer _transformer;
    private readonly DataViewRowCursor _cursor;
    private readonly ValueGetter<ReadOnlyMemory<char>> _prompt;
    private IReadOnlyList<GeneratedText> _batch = [];
    private long _batchStart;
    private long _next;

    /// <param name="transformer">Completes the batches.</param>
    /// <param name="cursor">Over the prompt column, before its first row; owned from now on.</param>
    /// <param name="prompt">The prompt column.</param>
    internal ReadAhead(GrpoTransformer transformer, DataViewRowCursor cursor, DataViewSchema.Column prompt)
    {
        _transformer = transformer;
        _cursor = cursor;
        _prompt = cursor.GetGetter<ReadOnlyMemory<char>>(prompt);
    }

    /// <summary>The completion of a row.</summary>
    /// <param name="row">Its number, from 0, not below one of an earlier call. Rows left out are not generated, but for the rest of a batch.</param>
    internal GeneratedText this[long row]
    {
        get
        {
            if (row >= _batchStart + _batch.Count)
            {
                Fill(row);
            }

            return _batch[(int)(row - _batchStart)];
        }
    }

    public void Dispose() => _cursor.Dispose();

    private void Fill(long row)
    {
        if (row < _next)
        {
            throw new InvalidOperationException($"Completing the batch of row {row} failed before. Make a new cursor to try again.");
        }

        for (; _next < row; _next++)
        {
            _ = _cursor.MoveNext();
        }

        var prompts = new List<string>();
        ReadOnlyMemory<char> text = default;
        while (prompts.Count < _transformer.BatchSize && _cursor.MoveNext())
        {
            _prompt(ref text);
            prompts.Add(text.ToString());
        }

        if (prompts.Count == 0)
        {
            throw new InvalidOperationException(
                $"The data gave {row} rows to one cursor and more to another. "
                + "Put AppendCacheCheckpoint in front of the GRPO transformer, so that every pass sees the same rows.");
        }

        _next += prompts.Count;
        _batch = _transformer.Generate(prompts, row);
        _batchStart = row; // only now: after a failure the rows of the batch before must not pass for these
    }
}
