using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The regular expressions of tokenizers are written for Oniguruma in its Ruby dialect. .NET reads most of them in the same way and
/// refuses much of the rest by itself; what it would read otherwise without a word is translated or refused here.
/// </summary>
internal static class RegexDialect
{
    /// <summary>In Ruby <c>^</c> and <c>$</c> stand at lines' ends always.</summary>
    public const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.Compiled | RegexOptions.Multiline;

    /// <summary>Oniguruma's word characters: Unicode's, and the numbers of Latin-1. Those of .NET's <c>\w</c> are fewer.</summary>
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9\u00B2\u00B3\u00B9\u00BC-\u00BE";

    private static readonly SearchValues<char> InlineOptions = SearchValues.Create("imnsx-");
    private static readonly SearchValues<char> OtherOptions = SearchValues.Create("mns");

    /// <summary>The pattern in .NET's dialect, for text seen through <see cref="CodePointShadow"/>.</summary>
    /// <exception cref="NotSupportedException">It has a construct that means something else in .NET.</exception>
    public static string Translate(string pattern, string file)
    {
        var translated = new StringBuilder(pattern.Length);
        var inSet = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var rest = pattern.AsSpan(i);
            if (Difference(rest, inSet) is { } construct)
            {
                throw new NotSupportedException($"{file}: the pattern '{pattern}' has {construct}, which .NET reads otherwise, and which is not supported.");
            }

            if (rest[0] == '\\' && rest.Length > 1)
            {
                translated.Append(Escape(rest[1], inSet));
                i++;
                continue;
            }

            inSet = inSet ? rest[0] != ']' : rest[0] == '[';
            translated.Append(rest[0]);
        }

        return translated.ToString();
    }

    /// <summary>Whether parts of the pattern match without regard to case.</summary>
    public static bool IgnoresCase(string pattern) => pattern.Contains("(?i", StringComparison.Ordinal);

    private static string Escape(char kind, bool inSet) => (kind, inSet) switch
    {
        ('w', true) => Word,
        ('w', false) => $"[{Word}]",
        ('W', false) => $"[^{Word}]",
        ('b', false) => $"(?:(?<=[{Word}])(?![{Word}])|(?<![{Word}])(?=[{Word}]))",
        ('B', false) => $"(?:(?<=[{Word}])(?=[{Word}])|(?<![{Word}])(?![{Word}]))",
        _ => $@"\{kind}",
    };

    private static string? Difference(ReadOnlySpan<char> rest, bool inSet)
    {
        if (char.IsSurrogate(rest[0]))
        {
            return "a character beyond U+FFFF";
        }

        if (inSet)
        {
            return rest[0] == '[' || rest.StartsWith("&&", StringComparison.Ordinal) ? "a set within a set"
                : rest.StartsWith(@"\W", StringComparison.Ordinal) ? @"\W in a set"
                : null;
        }

        return rest.StartsWith("{,", StringComparison.Ordinal) ? "a repetition without a minimum"
            : rest.StartsWith("(?", StringComparison.Ordinal) && rest[2..].IndexOfAnyExcept(InlineOptions) is > 0 and var end && rest[2..(2 + end)].ContainsAny(OtherOptions) ? "an option other than i and x"
            : null;
    }
}
