using System.Buffers;
using System.Text;

namespace RealModel;

/// <summary>Text as Python sees it, since the scores to reproduce are Python's.</summary>
internal static class PythonText
{
    // str.isspace: the C0 separators and the no-break space are among them, the zero-width space is not.
    private const string WhiteSpace =
        "\t\n\v\f\r\u001C\u001D\u001E\u001F \u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000";

    private static readonly SearchValues<char> Spaces = SearchValues.Create(WhiteSpace);

    /// <summary>Python's <c>str.strip()</c>.</summary>
    public static string Strip(string text)
    {
        var start = text.AsSpan().IndexOfAnyExcept(Spaces);
        return start < 0 ? "" : text[start..(text.AsSpan().LastIndexOfAnyExcept(Spaces) + 1)];
    }

    public static bool IsSpace(char character) => Spaces.Contains(character);

    /// <summary>Code points; half of a surrogate pair counts as one, as in Python.</summary>
    public static int[] CodePoints(string text)
    {
        var points = new List<int>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var pair = char.IsSurrogatePair(text, i);
            points.Add(pair ? char.ConvertToUtf32(text, i) : text[i]);
            i += pair ? 1 : 0;
        }

        return [.. points];
    }

    /// <summary>The text of one code point.</summary>
    public static string ToText(int codePoint) => codePoint <= char.MaxValue ? ((char)codePoint).ToString() : char.ConvertFromUtf32(codePoint);

    /// <summary>Python's <c>len</c>.</summary>
    public static int Length(string text) => CodePoints(text).Length;

    /// <summary>The value of a decimal digit of any script, else -1.</summary>
    public static int DigitOf(Rune rune) =>
        Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.DecimalDigitNumber ? (int)Rune.GetNumericValue(rune) : -1;

    /// <summary>Python's <c>str.lower()</c>.</summary>
    public static string Lower(string text) => PythonLower.Of(text);
}
