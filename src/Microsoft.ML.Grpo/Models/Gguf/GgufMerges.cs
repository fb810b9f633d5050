namespace Microsoft.ML.Grpo;

/// <summary>
/// The merges of a SentencePiece BPE vocabulary, which keeps only a score for each piece: every way to put a piece together from two
/// others, the piece of the highest score first. And the scores that such merges came from.
/// </summary>
/// <remarks>Source: transformers' conversion of such vocabularies (convert_slow_tokenizer.py, generate_merges). Ways to one piece stand in the order of their parts' ids.</remarks>
internal static class GgufMerges
{
    private const int MostCharacters = 1 << 26; // Gemma's half a million merges have seven million

    /// <param name="vocabulary">Piece to id.</param>
    /// <param name="scores">Score of each id.</param>
    /// <returns>Pairs <c>"a b"</c> in order of priority; null if they are too many for a vocabulary that a model was trained with.</returns>
    public static IReadOnlyList<string>? Of(Dictionary<string, int> vocabulary, IReadOnlyList<double> scores)
    {
        var merges = new List<(string Piece, int At, double Score)>();
        var characters = 0L;
        var lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (piece, id) in vocabulary)
        {
            var found = new List<(int Left, int Right, int At)>();
            for (var at = 1; at < piece.Length; at++)
            {
                if (lookup.TryGetValue(piece.AsSpan(0, at), out var left) && lookup.TryGetValue(piece.AsSpan(at), out var right))
                {
                    found.Add((left, right, at));
                }
            }

            characters += (long)found.Count * (piece.Length + 1);
            if (characters > MostCharacters)
            {
                return null;
            }

            merges.AddRange(found.OrderBy(pair => pair.Left).ThenBy(pair => pair.Right).Select(pair => (piece, pair.At, scores[id])));
        }

        return [.. merges.OrderByDescending(merge => merge.Score).Select(merge => merge.Piece.Insert(merge.At, " "))];
    }

    /// <summary>
    /// Scores that give these merges: 0 for the piece that is merged first, and one less for each further piece. In which order the ways to
    /// one piece stand does not matter, since they have one score.
    /// </summary>
    /// <param name="vocabulary">Piece to id.</param>
    /// <param name="merges">Pairs <c>"a b"</c> in order of priority.</param>
    /// <param name="count">Number of ids; those that are no merge have the score 0, which is not looked at.</param>
    /// <returns>Score of each id; null if the merges are of another making, which no scores give.</returns>
    public static float[]? Scores(Dictionary<string, int> vocabulary, IReadOnlyList<string> merges, int count)
    {
        var ranks = new Dictionary<int, int>();
        var last = 0;
        foreach (var merge in merges)
        {
            if (!vocabulary.TryGetValue(merge.Replace(" ", string.Empty, StringComparison.Ordinal), out var id))
            {
                return null;
            }

            ranks.TryAdd(id, ranks.Count);
            if (ranks[id] < last)
            {
                return null;
            }

            last = ranks[id];
        }

        var scores = new float[count];
        foreach (var (id, rank) in ranks)
        {
            scores[id] = -rank;
        }

        return Of(vocabulary, [.. scores.Select(score => (double)score)])?.ToHashSet(StringComparer.Ordinal).SetEquals(merges) == true ? scores : null;
    }
}
