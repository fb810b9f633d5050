namespace Microsoft.ML.Grpo;

/// <summary>
/// Byte-pair encoding of words of thousands of characters, where Microsoft.ML.Tokenizers' time grows with the square of the length: the
/// merge of the lowest rank comes first, and of the same rank the leftmost. Thread-safe.
/// </summary>
internal sealed class LongWord
{
    /// <summary>A symbol that has become part of the one before it.</summary>
    private const int Gone = -1;

    private readonly IReadOnlyDictionary<string, int> _vocabulary;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges = [];

    public LongWord(BpeModelJson model)
    {
        _vocabulary = model.Vocabulary;
        foreach (var (left, right) in model.Merges)
        {
            _merges.Add((_vocabulary[left], _vocabulary[right]), (_merges.Count, _vocabulary[left + right]));
        }
    }

    /// <summary>Adds the ids of a word whose characters are all in the vocabulary.</summary>
    public void Encode(string word, List<int> ids)
    {
        int[] symbols = [.. word.EnumerateRunes().Select(rune => _vocabulary[rune.ToString()])];
        int[] next = [.. Enumerable.Range(1, symbols.Length)];
        int[] previous = [.. Enumerable.Range(-1, symbols.Length)];
        var queue = new PriorityQueue<(int At, int Id), (int Rank, int At)>(symbols.Length);
        for (var i = 0; i < symbols.Length; i++)
        {
            Offer(i);
        }

        while (queue.TryDequeue(out var merge, out _))
        {
            // What was offered may be gone since, or its neighbour may be another.
            if (Find(merge.At)?.Id != merge.Id)
            {
                continue;
            }

            var gone = next[merge.At];
            symbols[merge.At] = merge.Id;
            symbols[gone] = Gone;
            next[merge.At] = next[gone];
            if (next[gone] < symbols.Length)
            {
                previous[next[gone]] = merge.At;
            }

            Offer(previous[merge.At]);
            Offer(merge.At);
        }

        ids.AddRange(symbols.Where(symbol => symbol != Gone));

        (int Rank, int Id)? Find(int at) =>
            at >= 0 && symbols[at] != Gone && next[at] < symbols.Length && _merges.TryGetValue((symbols[at], symbols[next[at]]), out var found) ? found : null;

        void Offer(int at)
        {
            if (Find(at) is { } found)
            {
                queue.Enqueue((at, found.Id), (found.Rank, at));
            }
        }
    }
}
