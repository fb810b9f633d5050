using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace RealModel;

/// <summary>
/// Numbers as Python's <c>Decimal(text)</c> reads them, compared as digits and exponent, so that an exponent of a billion costs no more than one of 2.
/// </summary>
internal static partial class PythonDecimal
{
    // What the exact constructor of a 64-bit Python takes; beyond, it refuses the text.
    private const long GreatestExponent = 999_999_999_999_999_999;
    private const long LeastExponent = -1_999_999_999_999_999_997;

    /// <summary>Whether both are numbers, and the same. Not-a-number is equal to nothing.</summary>
    public static bool AreEqual(string left, string right) => Read(left) is { } number && number == Read(right);

    private static Number? Read(string text)
    {
        var match = Form().Match(WithAsciiDigits(PythonText.Strip(text)));
        if (!match.Success)
        {
            return null;
        }

        var negative = match.Groups["sign"].Value == "-";
        if (match.Groups["infinity"].Success)
        {
            return new(negative, "Infinity", 0);
        }

        var (whole, fraction) = (match.Groups["whole"].Value, match.Groups["fraction"].Value);
        if (whole.Length + fraction.Length == 0 || !TryReadExponent(match.Groups["exponent"].Value, out var exponent))
        {
            return null;
        }

        exponent -= fraction.Length;
        var digits = (whole + fraction).TrimStart('0');
        if (exponent < LeastExponent || exponent + Math.Max(digits.Length - 1, 0) > GreatestExponent)
        {
            return null;
        }

        var significant = digits.TrimEnd('0');
        return significant.Length == 0 ? new(false, "", 0) : new(negative, significant, exponent + digits.Length - significant.Length);
    }

    private static bool TryReadExponent(string text, out long exponent)
    {
        exponent = 0;
        return text.Length == 0 || (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) && Math.Abs((decimal)exponent) < 4m * GreatestExponent);
    }

    /// <summary>Digits of any script as those of ASCII, without underscores, which Python ignores wherever they stand.</summary>
    private static string WithAsciiDigits(string text)
    {
        var ascii = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes().Where(rune => rune.Value != '_'))
        {
            _ = PythonText.DigitOf(rune) is >= 0 and var digit ? ascii.Append(digit) : ascii.Append(rune.ToString());
        }

        return ascii.ToString();
    }

    [GeneratedRegex(@"\A(?<sign>[+-]?)(?:(?<infinity>inf(?:inity)?)|(?<whole>[0-9]*)(?:\.(?<fraction>[0-9]*))?(?:e(?<exponent>[+-]?[0-9]+))?)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Form();

    /// <param name="Negative">Whether it is below zero.</param>
    /// <param name="Digits">Its digits, without zeros at either end; none: the number is zero.</param>
    /// <param name="Exponent">The power of ten of the last digit.</param>
    private readonly record struct Number(bool Negative, string Digits, long Exponent);
}
