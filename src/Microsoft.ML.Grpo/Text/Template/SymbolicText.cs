namespace Microsoft.ML.Grpo;

/// <summary>A text whose contents are partly known: literals, and places where the content of some message stands unchanged.</summary>
/// <param name="Parts">Strings (never empty, never two in a row) and message numbers.</param>
internal sealed record SymbolicText(IReadOnlyList<object> Parts)
{
    private const int MostParts = 1000;
    private const int MostCharacters = 1 << 16;

    public static SymbolicText Empty { get; } = new([]);

    public static SymbolicText Of(string literal) => literal.Length == 0 ? Empty : new([literal]);

    public static SymbolicText ContentOf(int message) => new([message]);

    /// <summary>The text, if no message's content is in it.</summary>
    public string? Literal => Parts.Count switch
    {
        0 => string.Empty,
        1 => Parts[0] as string,
        _ => null,
    };

    /// <summary>Whether it is empty; null if that depends on a message's content.</summary>
    public bool? IsEmpty => Parts.Count == 0 ? true : Parts.Any(p => p is string) ? false : null;

    /// <summary>Characters and parts: what it takes to copy or to compare it.</summary>
    public int Size => Parts.Sum(part => 1 + ((part as string)?.Length ?? 0));

    /// <summary>The two together.</summary>
    /// <param name="next">What follows.</param>
    /// <param name="work">What it takes is taken from this.</param>
    /// <exception cref="TemplateNotUnderstoodException">The text is too long, or no work is left.</exception>
    public SymbolicText Then(SymbolicText next, TemplateWork work)
    {
        work.Spend(Size + next.Size);
        return Then(next);
    }

    /// <summary>The two together.</summary>
    /// <exception cref="TemplateNotUnderstoodException">The text is too long.</exception>
    public SymbolicText Then(SymbolicText next)
    {
        var parts = Parts.ToList();
        foreach (var part in next.Parts)
        {
            if (part is string text && parts.Count > 0 && parts[^1] is string last)
            {
                parts[^1] = last + text;
            }
            else
            {
                parts.Add(part);
            }
        }

        // A text that is doubled a few dozen times would take all memory.
        var whole = new SymbolicText(parts);
        return parts.Count <= MostParts && whole.Size <= MostCharacters ? whole : throw new TemplateNotUnderstoodException("its texts grow too long");
    }

    public bool SameAs(SymbolicText other) => Parts.SequenceEqual(other.Parts);
}
