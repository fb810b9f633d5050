namespace Microsoft.ML.Grpo;

/// <summary>The largest piece of the logits that the tiled head holds at once.</summary>
/// <param name="Rows">Tokens of it.</param>
/// <param name="Vocabulary">Vocabulary entries of it.</param>
internal readonly record struct HeadTile(int Rows, int Vocabulary)
{
    /// <summary>8 MB in float32, held twice: large enough for matrix products at full speed, small enough to stay in a CPU's caches.</summary>
    public static HeadTile Default { get; } = new(1024, 2048);

    /// <summary>Places and lengths of the pieces that a whole is cut into.</summary>
    public static IEnumerable<(long Start, long Length)> Cut(long whole, int most)
    {
        for (var start = 0L; start < whole; start += most)
        {
            yield return (start, Math.Min(most, whole - start));
        }
    }
}
