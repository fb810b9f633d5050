using System.Buffers;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>Cuts text at added tokens: at the leftmost match, and there the longest (Hugging Face's rule).</summary>
internal sealed class AddedTokenSplitter
{
    private readonly Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> _tokens;
    private readonly SearchValues<string> _starts;
    private readonly int[] _lengths;

    /// <param name="tokens">The tokens, with what is looked for as their content; one of which normalisation leaves nothing is never found.</param>
    public AddedTokenSplitter(IEnumerable<AddedToken> tokens)
    {
        var byContent = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach (var token in tokens.Where(token => token.Content.Length > 0))
        {
            byContent.TryAdd(token.Content, token);
        }

        _tokens = byContent.GetAlternateLookup<ReadOnlySpan<char>>();
        _starts = SearchValues.Create([.. byContent.Keys], StringComparison.Ordinal);
        _lengths = [.. byContent.Keys.Select(content => content.Length).Distinct().OrderDescending()];
    }

    /// <summary>The pieces in order: an added token's id, or text between added tokens (never empty).</summary>
    /// <param name="text">The text.</param>
    /// <param name="specialAsText">Special tokens are text like any other.</param>
    public IEnumerable<(int? Id, string Text)> Split(string text, bool specialAsText)
    {
        var done = 0;
        for (var from = 0; from < text.Length;)
        {
            var offset = text.AsSpan(from).IndexOfAny(_starts);
            if (offset < 0)
            {
                break;
            }

            var start = from + offset;
            var token = Longest(text.AsSpan(start));
            var end = start + token.Content.Length;
            from = end;
            if ((specialAsText && token.Special) || (token.SingleWord && TouchesWord(text, start, end)))
            {
                continue;
            }

            // Space that has gone with the token before is gone.
            start = token.StripsLeft ? done + text.AsSpan(done, Math.Max(0, start - done)).TrimEnd().Length : start;
            end = token.StripsRight ? text.Length - text.AsSpan(Math.Max(end, done)).TrimStart().Length : end;
            if (start > done)
            {
                yield return (null, text[done..start]);
            }

            // A token that is space itself may be gone with it.
            if (end > start)
            {
                yield return (token.Id, token.Content);
            }

            done = end;
        }

        if (done < text.Length)
        {
            yield return (null, text[done..]);
        }
    }

    private AddedToken Longest(ReadOnlySpan<char> text)
    {
        foreach (var length in _lengths)
        {
            if (length <= text.Length && _tokens.TryGetValue(text[..length], out var token))
            {
                return token;
            }
        }

        throw new InvalidOperationException("A token was found where there is none.");
    }

    private static bool TouchesWord(string text, int start, int end) =>
        (Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var before, out _) == OperationStatus.Done && IsWord(before))
        || (Rune.DecodeFromUtf16(text.AsSpan(end), out var after, out _) == OperationStatus.Done && IsWord(after));

    /// <summary>Unicode's word characters (UTS 18, C), as Hugging Face's library has them: wider than .NET's <c>\w</c>.</summary>
    private static bool IsWord(Rune rune) => rune.Value is 0x200C or 0x200D or >= 0x24B6 and <= 0x24E9 or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
}
