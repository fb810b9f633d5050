using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Cuts a Jinja template into tokens with transformers' settings: <c>trim_blocks</c>, <c>lstrip_blocks</c>, and the last line end
/// dropped.
/// </summary>
internal sealed class TemplateLexer
{
    private static readonly string[] Symbols = ["==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "~", "|", ".", ",", ":", "(", ")", "[", "]"];

    private readonly string _source;
    private readonly List<TemplateToken> _tokens = [];
    private int _at;

    private TemplateLexer(string source) => _source = source;

    public static IReadOnlyList<TemplateToken> Read(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal);
        var lexer = new TemplateLexer(source.EndsWith('\n') ? source[..^1] : source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        var trim = Trim.None;
        while (_at < _source.Length)
        {
            var open = NextTag(_at);
            var text = _source[_at..open];
            var isBlock = open < _source.Length && _source[open + 1] is '%' or '#';
            var sign = open + 2 < _source.Length ? _source[open + 2] : ' ';
            text = sign == '-' ? text.TrimEnd() : isBlock && sign != '+' ? WithoutIndent(text, atStart: _at == 0) : text;
            text = trim switch
            {
                Trim.All => text.TrimStart(),
                Trim.LineEnd when text.StartsWith('\n') => text[1..],
                _ => text,
            };
            if (text.Length > 0)
            {
                _tokens.Add(new(TemplateTokenKind.Text, text));
            }

            if (open == _source.Length)
            {
                return;
            }

            _at = open + (sign is '-' or '+' ? 3 : 2);
            trim = _source[open + 1] == '#' ? Comment() : Tag(_source[open + 1] == '{' ? "}}" : "%}");
        }
    }

    /// <summary>What the tag before a text takes away from it.</summary>
    private enum Trim
    {
        None,
        LineEnd,
        All,
    }

    private int NextTag(int from)
    {
        for (var i = _source.IndexOf('{', from); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
        {
            if (_source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return _source.Length;
    }

    /// <summary>Drops the blanks between the start of a line and a block tag (lstrip_blocks).</summary>
    private static string WithoutIndent(string text, bool atStart)
    {
        var kept = text.TrimEnd(' ', '\t');

        // Blanks alone are no indent if a tag stands before them: then they are in the middle of a line.
        return kept.Length == 0 ? (atStart ? kept : text) : kept[^1] == '\n' ? kept : text;
    }

    private Trim Comment()
    {
        var end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new TemplateNotUnderstoodException("it has a comment that does not end");
        }

        _at = end + 2;
        return _source[end - 1] switch { '-' => Trim.All, '+' => Trim.None, _ => Trim.LineEnd };
    }

    private Trim Tag(string close)
    {
        _tokens.Add(new(TemplateTokenKind.Open, close == "}}" ? "{{" : "{%"));
        while (true)
        {
            while (_at < _source.Length && char.IsWhiteSpace(_source[_at]))
            {
                _at++;
            }

            var sign = _at < _source.Length && _source[_at] is '-' or '+' ? 1 : 0;
            if (string.CompareOrdinal(_source, _at + sign, close, 0, 2) == 0)
            {
                var trim = sign == 0 ? (close == "%}" ? Trim.LineEnd : Trim.None) : _source[_at] == '-' ? Trim.All : Trim.None;
                _at += sign + 2;
                _tokens.Add(new(TemplateTokenKind.Close, close));
                return trim;
            }

            if (_at >= _source.Length)
            {
                throw new TemplateNotUnderstoodException("it has a tag that does not end");
            }

            _tokens.Add(Token());
        }
    }

    private TemplateToken Token()
    {
        var start = _at;
        var first = _source[_at];
        if (first is '\'' or '"')
        {
            return new(TemplateTokenKind.String, Quoted());
        }

        if (char.IsAsciiLetter(first) || first == '_')
        {
            while (_at < _source.Length && (char.IsAsciiLetterOrDigit(_source[_at]) || _source[_at] == '_'))
            {
                _at++;
            }

            return new(TemplateTokenKind.Name, _source[start.._at]);
        }

        if (char.IsAsciiDigit(first))
        {
            while (_at < _source.Length && char.IsAsciiDigit(_source[_at]))
            {
                _at++;
            }

            return new(TemplateTokenKind.Integer, _source[start.._at]);
        }

        var symbol = Array.Find(Symbols, s => string.CompareOrdinal(_source, start, s, 0, s.Length) == 0)
            ?? throw new TemplateNotUnderstoodException($"it has the character '{first}' in a tag");
        _at += symbol.Length;
        return new(TemplateTokenKind.Symbol, symbol);
    }

    private string Quoted()
    {
        var quote = _source[_at++];
        var text = new StringBuilder();
        for (; _at < _source.Length; _at++)
        {
            var c = _source[_at];
            if (c == quote)
            {
                _at++;
                return text.ToString();
            }

            if (c != '\\')
            {
                text.Append(c);
                continue;
            }

            text.Append(_at + 1 < _source.Length ? _source[++_at] switch
            {
                'n' => "\n",
                't' => "\t",
                'r' => "\r",
                '\\' => "\\",
                '\'' => "'",
                '"' => "\"",
                var other => throw new TemplateNotUnderstoodException($"it has the escape '\\{other}' in a text"),
            }
            : throw new TemplateNotUnderstoodException("it has a text that does not end"));
        }

        throw new TemplateNotUnderstoodException("it has a text that does not end");
    }
}
