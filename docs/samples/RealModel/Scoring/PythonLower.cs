using System.Globalization;
using System.Text;

namespace RealModel;

/// <summary>
/// Python's <c>str.lower()</c>: .NET's invariant one, and the two letters of Unicode's SpecialCasing that it leaves out: a
/// dotted capital I becomes two code points, and a capital sigma at the end of a word is a final one.
/// </summary>
internal static class PythonLower
{
    private const int DottedI = 0x130;
    private const int Sigma = 0x3A3;

    // Word_Break MidLetter, MidNumLet and Single_Quote, which a word may have inside.
    private const string InsideWords = "'.:\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A";

    public static string Of(string text)
    {
        if (!text.Contains((char)DottedI) && !text.Contains((char)Sigma))
        {
            return text.ToLowerInvariant();
        }

        Rune[] runes = [.. text.EnumerateRunes()];
        var lower = new StringBuilder(text.Length);
        for (var i = 0; i < runes.Length; i++)
        {
            _ = runes[i].Value switch
            {
                DottedI => lower.Append("i\u0307"),
                Sigma => lower.Append(EndsWord(runes, i) ? '\u03C2' : '\u03C3'),
                _ => lower.Append(Rune.ToLowerInvariant(runes[i]).ToString()),
            };
        }

        return lower.ToString();
    }

    /// <summary>A letter with case comes before, and none after.</summary>
    private static bool EndsWord(Rune[] runes, int place) =>
        runes[..place].Reverse().SkipWhile(IsIgnorable).Take(1).Any(IsCased) && !runes[(place + 1)..].SkipWhile(IsIgnorable).Take(1).Any(IsCased);

    private static bool IsIgnorable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || (rune.IsBmp && InsideWords.Contains((char)rune.Value));

    private static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || rune.Value is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
