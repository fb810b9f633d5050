using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The regular expressions of tokenizers are written for Oniguruma in its Ruby dialect. .NET reads most of them in the same way and
/// refuses much of the rest by itself; what it would read otherwise without a word is translated or refused here.
/// </summary>
internal static partial class RegexDialect
{
    /// <summary>In Ruby <c>^</c> and <c>$</c> stand at lines' ends always.</summary>
    public const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.Compiled | RegexOptions.Multiline;

    /// <summary>Oniguruma's word characters: Unicode's, and the numbers of Latin-1. Those of .NET's <c>\w</c> are fewer.</summary>
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9\u00B2\u00B3\u00B9\u00BC-\u00BE";

    private static readonly SearchValues<char> InlineOptions = SearchValues.Create("imnsx-");
    private static readonly SearchValues<char> OtherOptions = SearchValues.Create("mnsx");

    /// <summary>Letters that are one character too: the sharp s and the ligatures.</summary>
    private static readonly string[] Folded = ["ss", "st", "ff", "fi", "fl"];

    /// <summary>The pattern in .NET's dialect, for text seen through <see cref="CodePointShadow"/>.</summary>
    /// <exception cref="NotSupportedException">It has a construct that means something else in .NET.</exception>
    public static string Translate(string pattern, string file)
    {
        var translated = new StringBuilder(pattern.Length);
        var place = new Place(InSet: false, IgnoresCase: false, OpensBranch: true);
        var groups = new Stack<bool>();
        for (var i = 0; i < pattern.Length;)
        {
            var rest = pattern.AsSpan(i);
            if (Difference(rest, place) is { } construct)
            {
                throw new NotSupportedException($"{file}: the pattern '{pattern}' has {construct}, which .NET reads otherwise, and which is not supported. docs/tokenizers.md lists what is.");
            }

            var taken = rest[..Length(rest, place.InSet)];
            translated.Append(taken is ['\\', var kind] ? Escape(kind, place.InSet) : taken);
            place = Next(place, taken, groups);
            i += taken.Length;
        }

        return translated.ToString();
    }

    /// <summary>Whether parts of the pattern match without regard to case.</summary>
    public static bool IgnoresCase(string pattern) => pattern.Contains("(?i", StringComparison.Ordinal);

    /// <summary>Characters that belong together: an escape, the opening of a set with a bracket that it begins with, the options of a group.</summary>
    private static int Length(ReadOnlySpan<char> rest, bool inSet) => rest switch
    {
        ['\\', _, ..] => 2,
        ['[', '^', ']', ..] when !inSet => 3,
        ['[', ']', ..] or ['[', '^', ..] when !inSet => 2,
        ['(', '?', ..] when !inSet && OptionsEnd(rest) is { } end => end + 1,
        _ => 1,
    };

    private static Place Next(Place place, ReadOnlySpan<char> taken, Stack<bool> groups)
    {
        switch (taken)
        {
            case [']'] when place.InSet:
                return place with { InSet = false };
            case var _ when place.InSet:
                return place;
            case ['[', ..]:
                return place with { InSet = true, OpensBranch = false };
            case ['(', '?', .., ')']:
                return place with { IgnoresCase = IgnoresCase(taken, place) };
            case ['(', ..]:
                groups.Push(place.IgnoresCase);
                return new(InSet: false, IgnoresCase(taken, place), OpensBranch: true);
            case [')'] when groups.Count > 0:
                return new(InSet: false, groups.Pop(), OpensBranch: false);
            default:
                return place with { OpensBranch = taken is ['|'] };
        }
    }

    /// <summary>Where the options of a group such as <c>(?i:a)</c> or <c>(?:a)</c>, or of all that follows, such as <c>(?-i)</c>, end; null if these are no options.</summary>
    private static int? OptionsEnd(ReadOnlySpan<char> rest) =>
        rest.StartsWith("(?") && rest[2..].IndexOfAnyExcept(InlineOptions) is >= 0 and var end && (rest[2 + end] == ':' || (end > 0 && rest[2 + end] == ')')) ? 2 + end : null;

    private static bool IgnoresCase(ReadOnlySpan<char> options, Place place) => options.Contains('i') ? !options.Contains('-') : place.IgnoresCase;

    private static string Escape(char kind, bool inSet) => (kind, inSet) switch
    {
        ('w', true) => Word,
        ('w', false) => $"[{Word}]",
        ('W', false) => $"[^{Word}]",
        ('b', false) => $"(?:(?<=[{Word}])(?![{Word}])|(?<![{Word}])(?=[{Word}]))",
        ('B', false) => $"(?:(?<=[{Word}])(?=[{Word}])|(?<![{Word}])(?![{Word}]))",
        _ => $@"\{kind}",
    };

    private static string? Difference(ReadOnlySpan<char> rest, Place place)
    {
        if (char.IsSurrogate(rest[0]))
        {
            return "a character beyond U+FFFF";
        }

        if (place.IgnoresCase && IsFoldedOtherwise(rest, place.InSet))
        {
            return "a letter beyond ASCII, a category of one case or a pair such as ss without regard to case";
        }

        if (place.InSet)
        {
            return rest[0] == '[' || rest.StartsWith("&&") ? "a set within a set"
                : rest.StartsWith(@"\W") ? @"\W in a set"
                : null;
        }

        return rest.StartsWith("{,") ? "a repetition without a minimum"
            : FixedAndLazy().IsMatch(rest) ? "a repetition of a fixed number with a question mark"
            : rest.StartsWith("(?#") ? "a comment"
            : OptionsEnd(rest) is not { } end ? null
            : rest[2..end].ContainsAny(OtherOptions) ? "an option other than i"
            : rest[end] == ')' && !place.OpensBranch ? "an option in the middle of a branch"
            : null;
    }

    /// <summary>Categories of one case, letters beyond ASCII (also by their numbers), and letters that are one character together.</summary>
    private static bool IsFoldedOtherwise(ReadOnlySpan<char> rest, bool inSet)
    {
        if (OneCase().IsMatch(rest) || IsLetter(rest[0]))
        {
            return true;
        }

        foreach (var number in ByNumber().EnumerateMatches(rest))
        {
            return IsLetter((char)int.Parse(rest[2..number.Length], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        }

        foreach (var letters in Folded)
        {
            if (!inSet && rest.StartsWith(letters, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsLetter(char character) => character > 127 && char.IsLetter(character);

    [GeneratedRegex(@"\A\{[0-9]+\}\?")]
    private static partial Regex FixedAndLazy();

    [GeneratedRegex(@"\A\\[pP]\{\^?L[ult]\}")]
    private static partial Regex OneCase();

    [GeneratedRegex(@"\A\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})")]
    private static partial Regex ByNumber();

    /// <summary>Where in a pattern something stands.</summary>
    /// <param name="InSet">Between brackets.</param>
    /// <param name="IgnoresCase">Where case does not matter.</param>
    /// <param name="OpensBranch">At the start of the pattern or a group or behind a bar, perhaps with options between: in the middle, Oniguruma takes a bar that follows for a part of what the options are for.</param>
    private readonly record struct Place(bool InSet, bool IgnoresCase, bool OpensBranch);
}
