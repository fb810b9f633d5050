using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A text with placeholders in braces, to be filled from a completion and its row. What is filled in is not looked at again: braces in a
/// completion are braces.
/// </summary>
internal sealed class JudgePrompt
{
    private const string Prompt = "Prompt", Completion = "Completion";

    private readonly List<(string Text, bool IsPlaceholder)> _parts;

    /// <param name="template">The text: <c>{Name}</c> is a placeholder, <c>{{</c> and <c>}}</c> are braces.</param>
    /// <param name="parameterName">What the template is called, for errors.</param>
    /// <exception cref="ArgumentException">A brace stands alone, a placeholder is no name, or none is the completion.</exception>
    public JudgePrompt(string template, string parameterName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(template, parameterName);
        try
        {
            _parts = [.. Split(template)];
        }
        catch (FormatException cause)
        {
            throw new ArgumentException(cause.Message, parameterName, cause);
        }

        string[] names = [.. _parts.Where(part => part.IsPlaceholder).Select(part => part.Text).Distinct(StringComparer.Ordinal)];
        if (!names.Contains(Completion))
        {
            throw new ArgumentException($"The judge's prompt has no {{{Completion}}} in it, so it would judge something else. Write {{{Completion}}} where the completion belongs.", parameterName);
        }

        Columns = [.. names.Where(name => name is not (Prompt or Completion))];
    }

    /// <summary>The columns of the data that it names, each once.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The text for a completion; null if one of the columns has no value in its row.</summary>
    public string? Fill(RewardSample sample)
    {
        var text = new StringBuilder();
        foreach (var (part, isPlaceholder) in _parts)
        {
            if ((isPlaceholder ? Value(sample, part) : part) is not { } value)
            {
                return null;
            }

            text.Append(value);
        }

        return text.ToString();
    }

    private static string? Value(RewardSample sample, string name) => name switch
    {
        Prompt => sample.Prompt,
        Completion => sample.Completion,
        _ => AnswerText.Of(sample, name),
    };

    private static IEnumerable<(string Text, bool IsPlaceholder)> Split(string template)
    {
        for (var i = 0; i < template.Length;)
        {
            var brace = template.AsSpan(i).IndexOfAny('{', '}');
            if (brace != 0)
            {
                var length = brace < 0 ? template.Length - i : brace;
                yield return (template.Substring(i, length), false);
                i += length;
            }
            else if (i + 1 < template.Length && template[i + 1] == template[i])
            {
                yield return (template.Substring(i, 1), false);
                i += 2;
            }
            else
            {
                var close = template[i] == '{' ? template.IndexOfAny(['{', '}'], i + 1) : -1;
                var name = close >= 0 && template[close] == '}' ? template[(i + 1)..close] : null;
                yield return IsName(name) ? (name!, true) : throw new FormatException(
                    $"The brace at character {i} (counted from 0) of the judge's prompt opens or closes no placeholder. Write {{Prompt}}, {{Completion}} or the name of a column in braces, and {{{{ or }}}} for a brace that is text.");
                i = close + 1;
            }
        }
    }

    // Names of columns may hold nearly anything, but a JSON example in the prompt is meant as text.
    private static bool IsName(string? text) => text is { Length: > 0 } && text == text.Trim() && text.AsSpan().IndexOfAny("\"'\r\n") < 0;
}
