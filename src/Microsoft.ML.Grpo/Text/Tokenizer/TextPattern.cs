using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo;

/// <summary>What a part of a tokenizer looks for: a text, or a regular expression.</summary>
internal sealed class TextPattern
{
    private readonly string _text;
    private readonly string _file;
    private readonly Regex? _regex;

    private TextPattern(string text, string file, Regex? regex)
    {
        _text = text;
        _file = file;
        _regex = regex;
    }

    /// <summary>A text that is matched as it stands.</summary>
    public static TextPattern Literal(string text) => new(text, string.Empty, null);

    /// <summary>A regular expression, in the dialect of Hugging Face's library.</summary>
    /// <exception cref="NotSupportedException">.NET does not know it, or reads it otherwise.</exception>
    public static TextPattern Expression(string pattern, string file)
    {
        try
        {
            return new TextPattern(pattern, file, new Regex(RegexDialect.Translate(pattern, file), RegexDialect.Options, PatternTime.Least));
        }
        catch (ArgumentException cause)
        {
            throw new NotSupportedException($"{file}: the pattern '{pattern}' is not one that .NET understands: {cause.Message} docs/tokenizers.md lists what is supported.", cause);
        }
    }

    /// <summary>Reads the member <c>pattern</c> of a part.</summary>
    /// <exception cref="InvalidDataException">There is none, or it is empty.</exception>
    /// <exception cref="NotSupportedException">.NET does not know it, or reads it otherwise.</exception>
    public static TextPattern Read(JsonElement part, string file)
    {
        var pattern = part.Member("pattern");
        return (pattern?.Text("Regex"), pattern?.Text("String")) switch
        {
            ({ Length: > 0 } regex, null) => Expression(regex, file),
            (null, { Length: > 0 } text) => Literal(text),
            _ => throw new InvalidDataException($"{file}: the part '{part.Text("type")}' has no pattern. Fetch the file again."),
        };
    }

    /// <summary>Matches and what lies between them, in order; together they are the text. A match may be empty, but in no empty text.</summary>
    /// <exception cref="InvalidDataException">The search takes for ever.</exception>
    /// <param name="text">The text.</param>
    /// <param name="time">The clock; null: the system's.</param>
    public List<TextSpan> Find(string text, TimeProvider? time = null)
    {
        if (text.Length == 0)
        {
            return [];
        }

        var allowed = new PatternTime(time ?? TimeProvider.System, text.Length);
        try
        {
            return _regex is null ? FindText(text) : FindMatches(_regex, new CodePointShadow(text), allowed);
        }
        catch (RegexMatchTimeoutException cause)
        {
            throw allowed.Error(_file, $"the pattern '{_text}'", cause);
        }
    }

    /// <summary>The text with its matches replaced.</summary>
    public string Replace(string text, string replacement) => _regex is null
        ? text.Replace(_text, replacement, StringComparison.Ordinal)
        : string.Concat(Find(text).Select(span => span.IsMatch ? replacement : text[span.Start..span.End]));

    private List<TextSpan> FindText(string text)
    {
        var spans = new List<TextSpan>();
        var end = 0;
        for (var at = text.IndexOf(_text, StringComparison.Ordinal); at >= 0; at = text.IndexOf(_text, end, StringComparison.Ordinal))
        {
            Add(spans, ref end, at, at + _text.Length);
        }

        return Finish(spans, end, text.Length);
    }

    private List<TextSpan> FindMatches(Regex regex, CodePointShadow shadow, PatternTime allowed)
    {
        // The long s is an s where case does not matter, which .NET does not know.
        var text = RegexDialect.IgnoresCase(_text) ? shadow.Text.Replace('\u017F', 's') : shadow.Text;
        var spans = new List<TextSpan>();
        var end = 0;
        foreach (var match in regex.EnumerateMatches(text))
        {
            if (allowed.IsOver)
            {
                throw new RegexMatchTimeoutException(shadow.Text, _text, PatternTime.Least);
            }

            var (start, stop) = (shadow.Original(match.Index), shadow.Original(match.Index + match.Length));

            // Nothing is found once more where a match has just ended.
            if (stop > start || start != end || spans.Count == 0)
            {
                Add(spans, ref end, start, stop);
            }
        }

        return Finish(spans, end, shadow.Original(text.Length));
    }

    private static void Add(List<TextSpan> spans, ref int end, int start, int stop)
    {
        if (start > end)
        {
            spans.Add(new TextSpan(end, start, false));
        }

        spans.Add(new TextSpan(start, stop, true));
        end = stop;
    }

    private static List<TextSpan> Finish(List<TextSpan> spans, int end, int length)
    {
        if (end < length)
        {
            spans.Add(new TextSpan(end, length, false));
        }

        return spans;
    }
}
