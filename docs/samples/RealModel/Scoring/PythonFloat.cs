using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace RealModel;

/// <summary>Numbers as Python's <c>float(text)</c> reads them.</summary>
internal static partial class PythonFloat
{
    /// <returns>The nearest float64; null: it is no number.</returns>
    public static double? Read(string text)
    {
        var match = Form().Match(WithAsciiDigitsAndSpaces(text).Trim([' ', '\t', '\n', '\v', '\f', '\r']));
        if (!match.Success)
        {
            return null;
        }

        var negative = match.Groups["sign"].Value == "-";
        var size = match.Groups["infinity"].Success ? double.PositiveInfinity
            : match.Groups["nan"].Success ? double.NaN
            : double.Parse(match.Groups["digits"].Value.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture);
        return negative ? -size : size;
    }

    // Python takes white space and digits of any script, but of ASCII's own characters only the six that C calls spaces.
    private static string WithAsciiDigitsAndSpaces(string text)
    {
        var ascii = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.IsAscii ? ascii.Append((char)rune.Value)
                : rune.IsBmp && PythonText.IsSpace((char)rune.Value) ? ascii.Append(' ')
                : PythonText.DigitOf(rune) is >= 0 and var digit ? ascii.Append(digit)
                : ascii.Append('?');
        }

        return ascii.ToString();
    }

    // An underscore stands between two digits.
    [GeneratedRegex(
        @"\A(?<sign>[+-]?)(?:(?<infinity>inf(?:inity)?)|(?<nan>nan)|(?<digits>(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:e[+-]?[0-9](?:_?[0-9])*)?))\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
