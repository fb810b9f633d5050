using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A sequence of regular expressions, each of which cuts the pieces of the one before it: a match is a piece, and so is what lies
/// between matches. Microsoft.ML.Tokenizers' own <see cref="CompositePreTokenizer"/> is not used: it fails when the last pattern
/// leaves gaps, takes at most ten patterns, and matches surrogate halves instead of code points.
/// </summary>
internal sealed class SplitPreTokenizer(IReadOnlyList<Regex> patterns) : PreTokenizer
{
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        var shadow = new CodePointShadow(text);
        var pieces = new List<(int Start, int End)> { (0, shadow.Text.Length) };
        foreach (var pattern in patterns)
        {
            var cut = new List<(int, int)>(pieces.Count * 2);
            foreach (var (start, end) in pieces)
            {
                Cut(pattern, shadow.Text, start, end, cut);
            }

            pieces = cut;
        }

        foreach (var (start, end) in pieces)
        {
            var offset = shadow.Original(start);
            yield return (offset, shadow.Original(end) - offset);
        }
    }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());

    private static void Cut(Regex pattern, string text, int start, int end, List<(int Start, int End)> into)
    {
        // A piece is matched as a text of its own: look-arounds must not see its neighbours.
        var piece = text[start..end];
        var done = 0;
        foreach (var match in pattern.EnumerateMatches(piece))
        {
            if (match.Length == 0)
            {
                continue;
            }

            if (match.Index > done)
            {
                into.Add((start + done, start + match.Index));
            }

            done = match.Index + match.Length;
            into.Add((start + match.Index, start + done));
        }

        if (done < piece.Length)
        {
            into.Add((start + done, end));
        }
    }
}
