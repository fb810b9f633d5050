using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>Ways to find the score in what a judge answers, for <see cref="Reward.FromChatClient"/>.</summary>
public static partial class JudgeScore
{
    /// <summary>
    /// The last number of the answer. What a score is out of is none: <c>7/10</c> and <c>7 out of 10</c> are 7. Digits of a word, of a version or with
    /// a comma between them (<c>A4</c>, <c>1.2.3</c>, <c>7,5</c>) are not looked at: the decimal sign is a point.
    /// </summary>
    /// <param name="lowest">The lowest score there is.</param>
    /// <param name="highest">The highest.</param>
    /// <returns>
    /// A function of the answer: its score, or <see langword="null"/> if there is no number in it or the last is outside
    /// <paramref name="lowest"/> to <paramref name="highest"/>, both of which are scores. It is not moved to the nearer end: a judge
    /// that answers 70 where 10 is the most did not understand what it was asked.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">An end is not finite, or they are not in order.</exception>
    public static Func<string, double?> LastNumber(double lowest, double highest)
    {
        if (!double.IsFinite(lowest))
        {
            throw new ArgumentOutOfRangeException(nameof(lowest), lowest, "The lowest score must be a finite number.");
        }

        if (!double.IsFinite(highest) || highest <= lowest)
        {
            throw new ArgumentOutOfRangeException(nameof(highest), highest, FormattableString.Invariant($"The highest score must be a finite number above the lowest, {lowest}."));
        }

        return answer => Number().Matches(answer).LastOrDefault() is { } last
            && double.Parse(last.Groups["score"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture) is var score && score >= lowest && score <= highest
                ? score
                : null;
    }

    // A judge quotes what the policy wrote, so this runs on hostile text: each run of digits and of spaces is looked at once.
    [GeneratedRegex(
        """
        (?<! [\w.] | [0-9], )                                       # not inside a word, a version, 7,5 or 1,000
        (?<score> [+-]? (?: [0-9]+ (?: \.[0-9]+ )? | \.[0-9]+ ) )
        (?! \w | [.,]\w )
        (?: \s* (?: / | out\s+of ) \s* [0-9]+ (?: \.[0-9]+ )? (?! \w | [.,]\w ) )?  # what it is out of
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Number();
}
