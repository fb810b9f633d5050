namespace Microsoft.ML.Grpo;

/// <summary>The steps that pre-tokenizers are made of.</summary>
internal static class PreTokenizerSteps
{
    /// <summary>GPT-2's pattern, which <c>ByteLevel</c> with <c>use_regex</c> stands for.</summary>
    private static readonly TextPattern Gpt2 = TextPattern.Expression(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", string.Empty);

    private static readonly TextPattern Digit = TextPattern.Expression(@"\p{N}", string.Empty);

    /// <summary>Cuts at matches of a pattern; <paramref name="invert"/> exchanges matches and what lies between them.</summary>
    public static PreTokenizerStep Split(TextPattern pattern, SplitBehavior behavior, bool invert = false) => piece =>
        Cut(piece, pattern.Find(piece.Text).Select(span => span with { IsMatch = span.IsMatch != invert }), behavior);

    /// <summary>Cuts numbers out, a digit at a time or whole.</summary>
    public static PreTokenizerStep Digits(bool individual) => Split(Digit, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    /// <summary>Spells the UTF-8 of a text in <see cref="ByteLevel"/>'s alphabet.</summary>
    /// <param name="prefixSpace">Puts a space in front of what does not begin with one.</param>
    /// <param name="useRegex">Cuts the text with GPT-2's pattern first.</param>
    public static PreTokenizerStep Bytes(bool prefixSpace, bool useRegex)
    {
        var split = Split(Gpt2, SplitBehavior.Isolated);
        return piece =>
        {
            var whole = prefixSpace ? piece with { Text = Prefixed(piece.Text, " ") } : piece;
            return (useRegex ? split(whole) : [whole]).Select(part => part with { Text = ByteLevel.Spell(part.Text) });
        };
    }

    /// <summary>Writes spaces as a mark, and puts one in front.</summary>
    /// <param name="mark">The mark, such as U+2581.</param>
    /// <param name="always">Puts one in front of every piece that has none.</param>
    /// <param name="first">Puts one in front of the first piece of the text.</param>
    /// <param name="cut">Cuts before every mark.</param>
    public static PreTokenizerStep Metaspace(string mark, bool always, bool first, bool cut)
    {
        var split = Split(TextPattern.Literal(mark), SplitBehavior.MergedWithNext);
        return piece =>
        {
            var text = piece.Text.Replace(" ", mark, StringComparison.Ordinal);
            var whole = piece with { Text = always || (first && piece.First) ? Prefixed(text, mark) : text };
            return cut ? split(whole) : [whole];
        };
    }

    private static string Prefixed(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text : prefix + text;

    private static IEnumerable<TextPiece> Cut(TextPiece piece, IEnumerable<TextSpan> spans, SplitBehavior behavior) =>
        Join(spans, behavior)
            .Where(span => span.End > span.Start && !(span.IsMatch && behavior == SplitBehavior.Removed))
            .Select(span => new TextPiece(piece.Text[span.Start..span.End], piece.First && span.Start == 0));

    /// <summary>Spans with those joined that the behaviour makes one piece. Empty matches count, as what keeps others apart.</summary>
    private static IEnumerable<TextSpan> Join(IEnumerable<TextSpan> spans, SplitBehavior behavior) => behavior switch
    {
        SplitBehavior.MergedWithPrevious => Merge(spans, (before, span) => span.IsMatch && !before.IsMatch),
        SplitBehavior.MergedWithNext => Merge(spans.Reverse(), (after, span) => span.IsMatch && !after.IsMatch).AsEnumerable().Reverse(),
        SplitBehavior.Contiguous => Merge(spans, (before, span) => span.IsMatch == before.IsMatch),
        _ => spans,
    };

    /// <summary>Joins each span to the piece made last where it belongs with the span before it.</summary>
    private static List<TextSpan> Merge(IEnumerable<TextSpan> spans, Func<TextSpan, TextSpan, bool> together)
    {
        var merged = new List<TextSpan>();
        TextSpan? before = null;
        foreach (var span in spans)
        {
            if (before is { } last && together(last, span))
            {
                var piece = merged[^1];
                merged[^1] = piece with { Start = Math.Min(piece.Start, span.Start), End = Math.Max(piece.End, span.End) };
            }
            else
            {
                merged.Add(span);
            }

            before = span;
        }

        return merged;
    }
}
