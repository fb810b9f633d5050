namespace Microsoft.ML.Grpo;

/// <summary>
/// Prompts and completions as one line of tokens, without padding: whole rows, then prompts that several completions go on
/// from, then those completions. A completion's last token predicts nothing and is left out.
/// </summary>
internal sealed class PackedRows
{
    private readonly List<long> _ids = [];
    private readonly List<long> _positions = [];
    private readonly List<PackedBlock> _blocks = [];
    private readonly List<int> _rows = [];
    private readonly long[][] _predictors; // of each row, of each token of its completion

    /// <summary>Lays rows out.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="sharing">Whether completions share a prompt.</param>
    public PackedRows(IReadOnlyList<TokenSequence> rows, PromptSharing sharing)
    {
        _predictors = [.. rows.Select(r => new long[r.Completion.Count])];
        var groups = SharedPrompts.Group(rows, sharing).ToArray();
        foreach (var alike in groups.Where(g => !g.Shared).SelectMany(g => g.Rows).GroupBy(i => rows[i].InputLength).OrderByDescending(g => g.Key))
        {
            Add(new(_ids.Count, alike.Count(), alike.Key), [.. alike], 0, i => rows[i].Prompt.Concat(rows[i].Completion.Take(rows[i].Completion.Count - 1)));
            Predict(_blocks[^1], [.. alike], i => rows[i].Prompt.Count - 1, firstToken: 0);
        }

        foreach (var alike in groups.Where(g => g.Shared).GroupBy(g => rows[g.Rows[0]].Prompt.Count).OrderByDescending(g => g.Key))
        {
            var shared = alike.ToArray();
            var prompts = new PackedBlock(_ids.Count, shared.Length, alike.Key);
            Add(prompts, [.. shared.Select(g => g.Rows[0])], 0, i => rows[i].Prompt);
            var promptOfRow = shared.SelectMany((g, number) => g.Rows.Select(row => (row, number))).ToDictionary(p => p.row, p => p.number);
            foreach (var (row, number) in promptOfRow)
            {
                _predictors[row][0] = prompts.Offset + ((number + 1L) * prompts.Length) - 1;
            }

            foreach (var same in promptOfRow.Keys.Where(i => rows[i].Completion.Count > 1).GroupBy(i => rows[i].Completion.Count - 1).OrderByDescending(g => g.Key))
            {
                int[] some = [.. same];
                var block = new PackedBlock(_ids.Count, some.Length, same.Key) { Prompts = prompts, PromptOfRow = [.. some.Select(i => promptOfRow[i])] };
                Add(block, some, prompts.Length, i => rows[i].Completion.Take(same.Key));
                Predict(block, some, _ => 0, firstToken: 1);
            }
        }
    }

    /// <summary>[N] the tokens.</summary>
    public IReadOnlyList<long> Ids => _ids;

    /// <summary>[N] their places in their rows.</summary>
    public IReadOnlyList<long> Positions => _positions;

    /// <summary>The line, block by block.</summary>
    public IReadOnlyList<PackedBlock> Blocks => _blocks;

    /// <summary>[rows of all blocks] which of the given rows each is of; of a shared prompt, the first that goes on from it.</summary>
    public IReadOnlyList<int> Rows => _rows;

    /// <summary>[completion tokens] where the states stand that predict a row's completion.</summary>
    public IReadOnlyList<long> PredictorsOf(int row) => _predictors[row];

    private void Add(PackedBlock block, IReadOnlyList<int> rows, int position, Func<int, IEnumerable<int>> tokens)
    {
        _blocks.Add(block);
        _rows.AddRange(rows);
        foreach (var row in rows)
        {
            _ids.AddRange(tokens(row).Select(id => (long)id));
            _positions.AddRange(Enumerable.Range(position, block.Length).Select(p => (long)p));
        }
    }

    private void Predict(PackedBlock block, int[] rows, Func<int, int> first, int firstToken)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            var start = block.Offset + ((long)i * block.Length) + first(rows[i]);
            var places = _predictors[rows[i]];
            for (var t = firstToken; t < places.Length; t++)
            {
                places[t] = start + t - firstToken;
            }
        }
    }
}
