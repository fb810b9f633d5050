namespace Microsoft.ML.Grpo;

/// <summary>Rows that go through a model together.</summary>
/// <param name="Rows">Places of the rows.</param>
/// <param name="Tokens">Tokens that really go through: a shared prompt once, of a row that is not run none.</param>
internal sealed record MicroBatch(IReadOnlyList<int> Rows, long Tokens);

/// <summary>Cuts rows into micro-batches that fill a token budget; rows that share their prompt stay together as far as it goes.</summary>
internal static class MicroBatches
{
    /// <summary>Cuts.</summary>
    /// <param name="rows">Places of the rows.</param>
    /// <param name="row">A row by its place; null: it is not run, and only has its place.</param>
    /// <param name="budget">Most tokens of a micro-batch; a row longer than that stands alone.</param>
    /// <param name="sharing">Whether completions share a prompt.</param>
    /// <returns>Every row once, longest first where none share.</returns>
    public static IEnumerable<MicroBatch> Split(IEnumerable<int> rows, Func<int, TokenSequence?> row, int budget, PromptSharing sharing)
    {
        var batch = new List<int>();
        var sequences = new List<TokenSequence>();
        var tokens = 0L;
        foreach (var place in InOrder(rows, row, sharing))
        {
            if (row(place) is { } sequence)
            {
                sequences.Add(sequence);
                var more = SharedPrompts.Tokens(sequences, sharing);
                if (more > budget && sequences.Count > 1)
                {
                    yield return new(batch, tokens);
                    (batch, sequences) = ([], [sequence]);
                    more = sequence.InputLength;
                }

                tokens = more;
            }

            batch.Add(place);
        }

        if (batch.Count > 0)
        {
            yield return new(batch, tokens);
        }
    }

    /// <summary>Those that can share a prompt side by side, so that a group is cut only where the budget is full.</summary>
    private static IEnumerable<int> InOrder(IEnumerable<int> rows, Func<int, TokenSequence?> row, PromptSharing sharing)
    {
        int Length(int place) => row(place)?.InputLength ?? 0;
        var sorted = rows.OrderByDescending(Length).ThenBy(place => place);
        return sharing == PromptSharing.Never
            ? sorted
            : sorted.GroupBy(place => row(place) is { } sequence ? SharedPrompts.Key(sequence) : default).SelectMany(group => group);
    }
}
