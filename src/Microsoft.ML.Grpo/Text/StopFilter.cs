namespace Microsoft.ML.Grpo;

/// <summary>
/// Lets text through until a stop sequence is complete. The end of the text is held back while it may be the beginning of a stop
/// sequence: at most one character less than the longest of them. Of several the one that is complete first ends the text, and of those
/// that are complete at the same character the longest, so the pieces in which the text comes do not matter.
/// </summary>
/// <param name="sequences">The stop sequences, compared character by character; none is empty. There may be none.</param>
internal sealed class StopFilter(IReadOnlyList<string> sequences)
{
    private string _held = "";

    /// <summary>Whether a stop sequence was met.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next piece of the text.</summary>
    /// <returns>What can be shown now; nothing after a stop sequence was met.</returns>
    public string Append(string piece)
    {
        if (Stopped)
        {
            return "";
        }

        var text = _held + piece;
        var cut = Cut(text);
        Stopped = cut is not null;
        var shown = cut ?? text.Length - sequences.Select(sequence => Overlap(text, sequence)).DefaultIfEmpty(0).Max();
        _held = Stopped ? "" : text[shown..];
        return text[..shown];
    }

    /// <summary>The text has ended.</summary>
    /// <returns>What was held back.</returns>
    public string Flush()
    {
        var rest = _held;
        _held = "";
        return rest;
    }

    /// <summary>Where the stop sequence begins that ends the text; null: it has none.</summary>
    private int? Cut(string text)
    {
        var found = sequences.Select(s => (Start: text.IndexOf(s, StringComparison.Ordinal), s.Length)).Where(match => match.Start >= 0).ToArray();
        return found.Length == 0 ? null : found.MinBy(match => (match.Start + match.Length, match.Start)).Start;
    }

    /// <summary>The length of the longest end of the text that a sequence begins with, the whole sequence excluded.</summary>
    private static int Overlap(string text, string sequence)
    {
        var length = Math.Min(text.Length, sequence.Length - 1);
        while (length > 0 && !text.AsSpan(text.Length - length).SequenceEqual(sequence.AsSpan(0, length)))
        {
            length--;
        }

        return length;
    }
}
