namespace Microsoft.ML.Grpo;

/// <summary>Which rows of a pass go on from one pass of their prompt: those of the same prompt, where it pays.</summary>
internal static class SharedPrompts
{
    /// <summary>What <see cref="PromptSharing.Auto"/> wants saved: tokens of the rows whole over those with the prompt once. Below it the second attention costs more than the tokens.</summary>
    public const double LeastRatio = 1.3;

    /// <summary>Rows by their prompt, in the order in which they come.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="sharing">Whether to share.</param>
    public static IEnumerable<(bool Shared, IReadOnlyList<int> Rows)> Group(IReadOnlyList<TokenSequence> rows, PromptSharing sharing)
    {
        if (sharing == PromptSharing.Never)
        {
            return [(false, [.. Enumerable.Range(0, rows.Count)])];
        }

        return Enumerable.Range(0, rows.Count).GroupBy(i => Key(rows[i])).Select(group =>
        {
            IReadOnlyList<int> some = [.. group];
            return (Pays(some, rows, sharing), some);
        });
    }

    /// <summary>Tokens that go through a model for some rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="sharing">Whether to share.</param>
    public static long Tokens(IReadOnlyList<TokenSequence> rows, PromptSharing sharing) =>
        Group(rows, sharing).Sum(group => group.Shared ? Shared(group.Rows, rows) : Whole(group.Rows, rows));

    /// <summary>Tokens that those rows which share their prompt attend to, each its whole row: their keys and values are there once a row.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="sharing">Whether to share.</param>
    public static long Attended(IReadOnlyList<TokenSequence> rows, PromptSharing sharing) => Group(rows, sharing).Sum(group => group.Shared ? Whole(group.Rows, rows) : 0);

    /// <summary>What rows have in common that can go on from one pass of their prompt: the list itself, not one like it, and the further input.</summary>
    public static (IReadOnlyList<int> Prompt, object? Further) Key(TokenSequence row) => (row.Prompt, row.Further);

    private static bool Pays(IReadOnlyList<int> group, IReadOnlyList<TokenSequence> rows, PromptSharing sharing) =>
        group.Count > 1 && (sharing == PromptSharing.Always || Whole(group, rows) >= LeastRatio * Shared(group, rows));

    private static long Whole(IReadOnlyList<int> group, IReadOnlyList<TokenSequence> rows) => group.Sum(i => (long)rows[i].InputLength);

    private static long Shared(IReadOnlyList<int> group, IReadOnlyList<TokenSequence> rows) =>
        rows[group[0]].Prompt.Count + group.Sum(i => rows[i].Completion.Count - 1L);
}
