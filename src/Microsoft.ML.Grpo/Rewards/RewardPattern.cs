using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A user's regular expression, run on text that a policy wrote and that may be hostile to it. Patterns without look-arounds,
/// back-references and atomic groups run in linear time; the others stop after a time-out, which counts as no match: one strange
/// completion must not end a run of hours.
/// </summary>
internal sealed class RewardPattern
{
    /// <summary>A hundred thousand times what an honest match of a completion takes.</summary>
    private static readonly TimeSpan TimeOut = TimeSpan.FromSeconds(1);

    // Completions have several lines, and "." is meant to cross them, as with Python's DOTALL in the reference's rewards.
    private const RegexOptions Options = RegexOptions.Singleline | RegexOptions.CultureInvariant;

    private readonly Regex _regex;

    public RewardPattern(string pattern, string parameterName)
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern, parameterName);
        try
        {
            _regex = Make(pattern);
        }
        catch (ArgumentException cause)
        {
            throw new ArgumentException($"'{pattern}' is not a valid regular expression: {cause.Message}", parameterName, cause);
        }
    }

    public bool Matches(string text)
    {
        try
        {
            return _regex.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    /// <summary>The last match in <paramref name="text"/>: its first group if the pattern has one, else all of it; null without a match.</summary>
    public string? LastIn(string text)
    {
        try
        {
            Match? last = null;
            for (var match = _regex.Match(text); match.Success; match = match.NextMatch())
            {
                last = match;
            }

            return last is null ? null : last.Groups.Count > 1 ? last.Groups[1].Value : last.Value;
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    private static Regex Make(string pattern)
    {
        try
        {
            return new Regex(pattern, Options | RegexOptions.NonBacktracking, TimeOut);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, Options, TimeOut);
        }
    }
}
