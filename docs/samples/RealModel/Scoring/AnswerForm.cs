using System.Text.RegularExpressions;

namespace RealModel;

/// <summary>Where in a completion its answer stands.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Extract">Finds the answer; null: there is none.</param>
/// <param name="Write">An answer in this form.</param>
/// <param name="IsAlone">Whether a completion is nothing but an answer in this form; null: any text is.</param>
internal sealed partial record AnswerForm(string Name, Func<string, string?> Extract, Func<string, string> Write, Func<string, bool>? IsAlone)
{
    private const string Opening = "<answer>";
    private const string Closing = "</answer>";

    /// <summary>The text in the last pair of answer tags, white space around it taken off: reasoning-gym's own form.</summary>
    public static AnswerForm Tags { get; } = new("tags", LastTagged, answer => Opening + answer + Closing, TagsAlone);

    /// <summary>The last number.</summary>
    public static AnswerForm LastNumber { get; } = new(ScoringRules.LastNumber, LastNumberOf, answer => answer, text => LastNumberOf(text) == PythonText.Strip(text));

    /// <summary>The last word: letters and digits of any script, with apostrophes and hyphens inside.</summary>
    public static AnswerForm LastWord { get; } = new("last-word", LastWordOf, answer => answer, text => LastWordOf(text) == PythonText.Strip(text));

    /// <summary>The whole completion.</summary>
    public static AnswerForm Whole { get; } = new("whole", text => text, answer => answer, null);

    public static IReadOnlyList<AnswerForm> All { get; } = [Tags, LastNumber, LastWord, Whole];

    /// <summary>The last number of a text: digits, with a sign and a decimal point where there are, and no separators of thousands.</summary>
    public static string? LastNumberOf(string text) => Number().Matches(text) is [.., var last] ? last.Value : null;

    private static string? LastWordOf(string text) => Word().Matches(text) is [.., var last] ? last.Value : null;

    private static string? LastTagged(string completion)
    {
        string? answer = null;
        for (var place = 0; completion.IndexOf(Opening, place, StringComparison.Ordinal) is >= 0 and var opening;)
        {
            var start = opening + Opening.Length;
            var end = completion.IndexOf(Closing, start, StringComparison.Ordinal);
            if (end < 0)
            {
                break;
            }

            (answer, place) = (PythonText.Strip(completion[start..end]), end + Closing.Length);
        }

        return answer;
    }

    private static bool TagsAlone(string completion)
    {
        var text = PythonText.Strip(completion);
        return text.StartsWith(Opening, StringComparison.Ordinal) && text.EndsWith(Closing, StringComparison.Ordinal)
            && text.LastIndexOf(Opening, StringComparison.Ordinal) == 0 && text.IndexOf(Closing, StringComparison.Ordinal) == text.Length - Closing.Length;
    }

    [GeneratedRegex("-?[0-9]+(?:\\.[0-9]+)?", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"[\p{L}\p{M}\p{N}]+(?:['\u2019-][\p{L}\p{M}\p{N}]+)*", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
