using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace RealModel;

/// <summary>
/// A list of numbers as Python's <c>json.loads</c> and <c>float</c> read one: quotes of either kind, numbers as such or in quotes, true and false, and the
/// names NaN and Infinity, which JSON itself does not have. A list in a list is no number, so nothing here is nested.
/// </summary>
internal static partial class NumberList
{
    /// <returns>The numbers; null: the text is no such list.</returns>
    public static IReadOnlyList<double>? Read(string text)
    {
        var match = Form().Match(text.Replace('\'', '"'));
        if (!match.Success)
        {
            return null;
        }

        double?[] numbers = [.. match.Groups["item"].Captures.Select(item => Number(item.Value))];
        return numbers.Contains(null) ? null : [.. numbers.Select(number => number!.Value)];
    }

    private static double? Number(string item) => item switch
    {
        "true" => 1,
        "false" => 0,
        "null" => null,
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ when item[0] != '"' => double.Parse(item, NumberStyles.Float, CultureInfo.InvariantCulture),
        _ => Unquoted(item) is { } text ? PythonFloat.Read(text) : null,
    };

    private static string? Unquoted(string item)
    {
        try
        {
            return JsonSerializer.Deserialize<string>(item);
        }
        catch (JsonException)
        {
            return null; // half of a surrogate pair, which is no number either
        }
    }

    [GeneratedRegex(
        """
        \A[ \t\n\r]*\[[ \t\n\r]*
        (?: (?<item> "(?:[^"\\\u0000-\u001F]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*" | -?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)? | true | false | null | NaN | -?Infinity )
            [ \t\n\r]* (?: ,[ \t\n\r]*(?!\]) | (?=\]) )
        )*
        \][ \t\n\r]*\z
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
