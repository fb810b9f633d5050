namespace Microsoft.ML.Grpo;

/// <summary>Rows that go through a model together.</summary>
/// <param name="Rows">Places of the rows.</param>
/// <param name="Tokens">Tokens that really go through: a shared prompt once, of a row that is not run none.</param>
internal sealed record MicroBatch(IReadOnlyList<int> Rows, long Tokens);

/// <summary>Cuts rows into micro-batches that fill a token budget; a group that shares its prompt is cut only where it is beyond the budget by itself.</summary>
internal static class MicroBatches
{
    /// <summary>
    /// Tokens of rows that share their prompt, whole, over the budget at most: each row has a copy of its prompt's keys and
    /// values, which is an eighth of what a token keeps besides, or less.
    /// </summary>
    public const int MostAttended = 4;

    /// <summary>Cuts.</summary>
    /// <param name="rows">Places of the rows.</param>
    /// <param name="row">A row by its place; null: it is not run, and only has its place.</param>
    /// <param name="budget">Most tokens of a micro-batch; a row longer than that stands alone.</param>
    /// <param name="sharing">Whether completions share a prompt.</param>
    /// <returns>Every row once; those with the longest rows first.</returns>
    public static IEnumerable<MicroBatch> Split(IEnumerable<int> rows, Func<int, TokenSequence?> row, int budget, PromptSharing sharing)
    {
        var batch = new List<int>();
        var tokens = 0L;
        foreach (var part in Groups(rows, row, sharing).SelectMany(group => Parts(group, row, budget, sharing)))
        {
            if (tokens > 0 && IsOver([.. batch, .. part], row, budget, sharing))
            {
                yield return new(batch, tokens);
                batch = [];
            }

            batch.AddRange(part);
            tokens = SharedPrompts.Tokens(Sequences(batch, row), sharing);
        }

        if (batch.Count > 0)
        {
            yield return new(batch, tokens);
        }
    }

    /// <summary>Rows that share their prompt, and each of the others for itself; the longest first.</summary>
    private static IEnumerable<IReadOnlyList<int>> Groups(IEnumerable<int> rows, Func<int, TokenSequence?> row, PromptSharing sharing)
    {
        int Length(int place) => row(place)?.InputLength ?? 0;
        int[] sorted = [.. rows.OrderByDescending(Length).ThenBy(place => place)];
        int[] run = [.. sorted.Where(place => row(place) is not null)];
        var shared = SharedPrompts.Group([.. run.Select(place => row(place)!.Value)], sharing).Where(group => group.Shared).Select(group => (IReadOnlyList<int>)[.. group.Rows.Select(i => run[i])]).ToArray();
        var inGroups = shared.SelectMany(group => group).ToHashSet();
        return shared.Concat(sorted.Where(place => !inGroups.Contains(place)).Select(place => (IReadOnlyList<int>)[place])).OrderByDescending(group => Length(group[0]));
    }

    /// <summary>A group whole if it fits the budget, else as many of its rows at a time as do.</summary>
    private static IEnumerable<IReadOnlyList<int>> Parts(IReadOnlyList<int> group, Func<int, TokenSequence?> row, int budget, PromptSharing sharing)
    {
        var part = new List<int>();
        foreach (var place in IsOver(group, row, budget, sharing) ? group : [])
        {
            if (part.Count > 0 && IsOver([.. part, place], row, budget, sharing))
            {
                yield return part;
                part = [];
            }

            part.Add(place);
        }

        yield return part.Count > 0 ? part : group;
    }

    private static bool IsOver(IEnumerable<int> places, Func<int, TokenSequence?> row, int budget, PromptSharing sharing)
    {
        var sequences = Sequences(places, row);
        return SharedPrompts.Tokens(sequences, sharing) > budget || SharedPrompts.Attended(sequences, sharing) > MostAttended * (long)budget;
    }

    private static TokenSequence[] Sequences(IEnumerable<int> places, Func<int, TokenSequence?> row) => [.. places.Select(row).OfType<TokenSequence>()];
}
