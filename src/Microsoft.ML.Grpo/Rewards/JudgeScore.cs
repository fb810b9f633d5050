using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>Ways to find the score in what a judge answers, for <see cref="Reward.FromChatClient"/>.</summary>
public static partial class JudgeScore
{
    /// <summary>
    /// The number that the answer ends with, in a range. What a score is out of is none: <c>7/10</c>, <c>**7**/10</c>, <c>7 of 10</c>, <c>7 (out of 10)</c> and
    /// <c>7 on a scale of 0 to 10</c> are 7. Nor are a range and the top of a scale: an answer that ends in <c>from 0 to 10</c>, <c>7-8</c> or
    /// <c>seven/10</c> has no score. Digits of a word, of a version or with a comma between them (<c>A4</c>, <c>1.2.3</c>, <c>7,5</c>) are not looked
    /// at: the decimal sign is a point. The numbers of a list that counts from 1 (<c>1. Clear</c>, <c>2. Short</c>) and of a legend of several entries
    /// (<c>0 = worst, 10 = best</c>) count only in an answer that has no other.
    /// </summary>
    /// <param name="lowest">The lowest score there is.</param>
    /// <param name="highest">The highest.</param>
    /// <returns>
    /// A function of the answer: its score, or <see langword="null"/> if it ends in a scale or a range, there is no number in it or the last is outside
    /// <paramref name="lowest"/> to <paramref name="highest"/>, both of which are scores. It is not moved to the nearer end: a judge
    /// that answers 70 where 10 is the most did not understand what it was asked.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">An end is not finite, or they are not in order.</exception>
    public static Func<string, double?> Between(double lowest, double highest)
    {
        if (!double.IsFinite(lowest))
        {
            throw new ArgumentOutOfRangeException(nameof(lowest), lowest, "The lowest score must be a finite number.");
        }

        if (!double.IsFinite(highest) || highest <= lowest)
        {
            throw new ArgumentOutOfRangeException(nameof(highest), highest, FormattableString.Invariant($"The highest score must be a finite number above the lowest, {lowest}."));
        }

        return answer => Last(answer)?.Groups["score"] is { Success: true } last
            && double.Parse(last.Value.Replace('\u2212', '-'), NumberStyles.Float, CultureInfo.InvariantCulture) is var score && score >= lowest && score <= highest
                ? score
                : null;
    }

    private static Match? Last(string answer)
    {
        var numbers = Numbers().Matches(answer);
        var asides = Items(numbers).Concat(Legend(numbers)).ToHashSet();
        return numbers.LastOrDefault(number => !asides.Contains(number)) ?? numbers.LastOrDefault();
    }

    /// <summary>What begins lines as 1, 2 and so on do.</summary>
    private static IEnumerable<Match> Items(MatchCollection numbers)
    {
        Match[] items = [.. numbers.Where(number => number.Groups["item"].Success)];
        string? next = null;
        for (var i = 0; i < items.Length; i++)
        {
            var number = items[i].Groups["score"].Value;
            var begins = number == "1" && i + 1 < items.Length && items[i + 1].Groups["score"].Value == "2";
            if (begins || number == next)
            {
                yield return items[i];
                next = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? (value + 1).ToString(CultureInfo.InvariantCulture) : null;
            }
        }
    }

    private static Match[] Legend(MatchCollection numbers)
    {
        Match[] entries = [.. numbers.Where(number => number.Groups["entry"].Success)];
        return entries.Length > 1 ? entries : [];
    }

    // Not inside a word, a version, 7,5 or 1,000; underscores are Markdown's, as in __7__. The first test is for speed: only where a number may begin is the text behind looked at.
    private const string Begin = @"(?= [-+.0-9\u2212] ) (?<! [^\W_] _* | \. | [0-9], )";
    private const string Digits = @"[-+\u2212]? (?: [0-9]+ (?: \.[0-9]+ )? | \.[0-9]+ ) (?! _* [^\W_] | [.,]\w )";
    private const string Mark = @"(?> [\s*_`$""',:(){}\[\]\\]* )"; // Markdown, TeX and brackets
    private const string MarkInLine = @"(?> [ \t*_`$""'(){}\[\]\\]* )"; // a dash in the next line is a list's
    private const string Of = @"(?: of \s+ (?: (?: a | the ) \s+ )? (?: (?: possible | maximum | total ) \s+ (?: of \s+ )? )? )";
    private const string Slash = @"[/\u2044\u2215\uFF0F]";
    private const string To = @"(?: [-\u2010-\u2015\u2212~] | (?: up \s+ )? to\b | through\b )";
    private const string Range = $"{Digits} (?: {MarkInLine} {To} {MarkInLine} {Digits} )+";
    private const string OutOf = $@"\}}\s*\{{ {Digits} | {Mark} (?: (?: points? | stars? | marks? ) \s+ )? (?: {Slash} | (?: out \s+ )? {Of} ) {Mark} {Digits} | {Mark} on \s+ (?: a | the ) \s+ scale \s+ (?: of | from ) \s+ {Range}";

    // A judge quotes what the policy wrote, so this runs on hostile text: each run of digits, of marks and of spaces is looked at a fixed number of times.
    [GeneratedRegex(
        $"""
        \b between \s+ {Digits} \s+ and \s+ {Digits}
        | \b (?: zero | one ) \s+ to \s+ {Digits}
        | (?: {Slash} | \b (?: out | scale | max(?: imum )? ) \s+ {Of} ) {Mark} (?: {Range} | {Digits} )
        | (?<item> (?m: ^ ) [ \t*_]* (?<score> [0-9]+ ) (?! {OutOf} ) [.)] (?= [ \t]+ \S ) )
        | (?<entry> {Begin} (?<score> {Digits} ) (?= {MarkInLine} = \s* [^\W\d_] ) )
        | {Begin} {Range}
        | {Begin} (?<score> {Digits} ) (?: {OutOf} )?
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Numbers();
}
