namespace Microsoft.ML.Grpo;

/// <summary>Cuts rows into micro-batches that fill a token budget; rows of like length go together, so that little is padded.</summary>
internal static class MicroBatches
{
    /// <summary>Cuts.</summary>
    /// <param name="rows">Places of the rows.</param>
    /// <param name="length">Tokens of a row.</param>
    /// <param name="budget">Most tokens of a micro-batch, padding included; a row longer than that stands alone.</param>
    /// <returns>Every row once, longest first.</returns>
    public static IEnumerable<IReadOnlyList<int>> Split(IEnumerable<int> rows, Func<int, int> length, int budget)
    {
        var batch = new List<int>();
        var longest = 0;
        foreach (var row in rows.OrderByDescending(length).ThenBy(r => r))
        {
            longest = batch.Count == 0 ? length(row) : longest;
            if (batch.Count > 0 && (long)(batch.Count + 1) * longest > budget)
            {
                yield return batch;
                batch = [];
                longest = length(row);
            }

            batch.Add(row);
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }
}
