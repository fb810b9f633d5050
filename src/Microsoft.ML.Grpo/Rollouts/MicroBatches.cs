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
        var filling = new Filling(sharing);
        foreach (var part in Groups(rows, row, sharing).SelectMany(group => Parts(group, row, budget, sharing)))
        {
            TokenSequence[] sequences = [.. part.Select(row).OfType<TokenSequence>()];
            if (filling.Tokens > 0 && filling.With(sequences).IsOver(budget))
            {
                yield return new(batch, filling.Tokens);
                (batch, filling) = ([], new(sharing));
            }

            batch.AddRange(part);
            filling.Add(sequences);
        }

        if (batch.Count > 0)
        {
            yield return new(batch, filling.Tokens);
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
        var filling = new Filling(sharing);
        foreach (var place in filling.With([.. group.Select(row).OfType<TokenSequence>()]).IsOver(budget) ? group : [])
        {
            TokenSequence[] sequence = [row(place)!.Value]; // only rows that are run are beyond a budget
            if (part.Count > 0 && filling.With(sequence).IsOver(budget))
            {
                yield return part;
                (part, filling) = ([], new(sharing));
            }

            part.Add(place);
            filling.Add(sequence);
        }

        yield return part.Count > 0 ? part : group;
    }

    private static bool IsOver(this (long Tokens, long Attended) filling, int budget) => filling.Tokens > budget || filling.Attended > MostAttended * (long)budget;

    /// <summary>What is in a micro-batch so far, prompt by prompt, so that one more row costs no look at the others.</summary>
    private sealed class Filling(PromptSharing sharing)
    {
        private readonly Dictionary<(IReadOnlyList<int> Prompt, object? Further), (List<TokenSequence> Rows, long Tokens, long Attended)> _prompts = [];

        public long Tokens { get; private set; }

        private long Attended { get; set; }

        /// <summary>What it would be with more rows.</summary>
        public (long Tokens, long Attended) With(IEnumerable<TokenSequence> more)
        {
            var (tokens, attended) = (Tokens, Attended);
            foreach (var rows in more.GroupBy(SharedPrompts.Key))
            {
                var (known, before, attendedBefore) = _prompts.GetValueOrDefault(rows.Key, ([], 0, 0));
                TokenSequence[] all = [.. known, .. rows];
                (tokens, attended) = (tokens + SharedPrompts.Tokens(all, sharing) - before, attended + SharedPrompts.Attended(all, sharing) - attendedBefore);
            }

            return (tokens, attended);
        }

        public void Add(IEnumerable<TokenSequence> more)
        {
            foreach (var rows in more.GroupBy(SharedPrompts.Key))
            {
                var (all, before, attendedBefore) = _prompts.GetValueOrDefault(rows.Key, ([], 0, 0));
                all.AddRange(rows);
                var (tokens, attended) = (SharedPrompts.Tokens(all, sharing), SharedPrompts.Attended(all, sharing));
                _prompts[rows.Key] = (all, tokens, attended);
                (Tokens, Attended) = (Tokens + tokens - before, Attended + attended - attendedBefore);
            }
        }
    }
}
