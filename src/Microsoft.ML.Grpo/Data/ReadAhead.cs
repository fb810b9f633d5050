namespace Microsoft.ML.Grpo;

/// <summary>
/// A second cursor over the same data that reads prompts only, and completes a batch of them when a row behind is asked
/// for. So rows are batched without buffering columns whose types we do not know. Some data gives a second cursor other
/// rows, so each row's prompt is compared with the one that was completed for it. Not thread-safe, as cursors are not.
/// </summary>
internal sealed class ReadAhead : IDisposable
{
    private readonly GrpoTransformer _transformer;
    private readonly DataViewRowCursor _cursor;
    private readonly ValueGetter<ReadOnlyMemory<char>> _prompt;
    private IReadOnlyList<string> _prompts = [];
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
    /// <param name="prompt">The row's prompt, as the cursor behind sees it.</param>
    /// <exception cref="InvalidOperationException">This cursor has another prompt there, or no such row.</exception>
    internal GeneratedText Complete(long row, ReadOnlySpan<char> prompt)
    {
        if (row >= _batchStart + _batch.Count)
        {
            Fill(row);
        }

        var place = (int)(row - _batchStart);
        return prompt.SequenceEqual(_prompts[place]) ? _batch[place] : throw Differs($"their prompts differ in row {row}, counted from 0");
    }

    /// <summary>Moves a cursor over the data: this one, or the one behind.</summary>
    /// <exception cref="InvalidOperationException">One of the two has closed what both read from.</exception>
    internal bool Move(DataViewRowCursor cursor)
    {
        try
        {
            return cursor.MoveNext();
        }
        catch (Exception cause) when (_next > 0 && cause.GetBaseException() is ObjectDisposedException)
        {
            throw Differs("one of them has closed what both read from", cause);
        }
    }

    /// <summary>To be called when the cursor behind has come to its end.</summary>
    /// <param name="rows">How many rows it has seen.</param>
    /// <exception cref="InvalidOperationException">This one has seen more, or is not at its end.</exception>
    internal void CheckEnd(long rows)
    {
        // One that stays behind was not asked for the last rows: nothing was made of what it would see.
        if (_next > rows || (_next > 0 && _next == rows && Move(_cursor)))
        {
            throw Differs($"one ends after {rows} rows, the other does not");
        }
    }

    public void Dispose() => _cursor.Dispose();

    private void Fill(long row)
    {
        if (row < _next)
        {
            throw new InvalidOperationException($"Completing the batch of row {row} (counted from 0) failed before. Make a new cursor to try again.");
        }

        for (; _next < row; _next++)
        {
            _ = Move(_cursor);
        }

        var prompts = new List<string>();
        ReadOnlyMemory<char> text = default;
        while (prompts.Count < _transformer.BatchSize && Move(_cursor))
        {
            _prompt(ref text);
            prompts.Add(text.ToString());
        }

        if (prompts.Count == 0)
        {
            throw Differs($"one ends after at most {row} rows, the other does not");
        }

        _next += prompts.Count;
        _batch = _transformer.Generate(prompts, row);
        (_batchStart, _prompts) = (row, prompts); // only now: after a failure the rows of the batch before must not pass for these
    }

    private static InvalidOperationException Differs(string how, Exception? cause = null) => new(
        $"The data gives other rows to a second cursor than to the first: {how}. Completions are made in batches, by a cursor that reads ahead, so every cursor has to see the same rows. "
        + "An enumerable that shares one reader between its enumerators (File.ReadLines) or has no order of its own does not: "
        + "make a list of it, LoadFromEnumerable(rows.ToList()), or cache the data, mlContext.Data.Cache(data).",
        cause);
}
