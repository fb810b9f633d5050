namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>Writes a table row by row, as results come in.</summary>
internal sealed class MarkdownTable(TextWriter output)
{
    public async Task HeadAsync(IReadOnlyList<string> columns)
    {
        await RowAsync(columns).ConfigureAwait(false);
        await RowAsync(columns.Select(_ => "---")).ConfigureAwait(false);
    }

    public Task RowAsync(IEnumerable<string> cells) => output.WriteLineAsync($"| {string.Join(" | ", cells)} |");
}
