using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Parses the part of Jinja that ChatML templates are written in: output, <c>if</c>, <c>for</c> and <c>set</c>. Statements that it does
/// not know, macros among them, end in a refusal rather than in a guess.
/// </summary>
internal sealed class TemplateParser
{
    private readonly IReadOnlyList<TemplateToken> _tokens;
    private int _at;

    private TemplateParser(IReadOnlyList<TemplateToken> tokens) => _tokens = tokens;

    public static IReadOnlyList<TemplateNode> Parse(string source)
    {
        var parser = new TemplateParser(TemplateLexer.Read(source));
        var nodes = parser.Body(out var end);
        return end is null ? nodes : throw new TemplateNotUnderstoodException($"it has '{end}' without a beginning");
    }

    private TemplateToken? Peek => _at < _tokens.Count ? _tokens[_at] : null;

    /// <summary>Statements up to one of <c>elif</c>, <c>else</c>, <c>endif</c>, <c>endfor</c> (its name read, the rest not) or the end.</summary>
    private List<TemplateNode> Body(out string? end)
    {
        var nodes = new List<TemplateNode>();
        while (Peek is { } token)
        {
            _at++;
            if (token.Kind == TemplateTokenKind.Text)
            {
                nodes.Add(new OutputNode(new ConstantExpression(token.Text)));
            }
            else if (token.Text == "{{")
            {
                nodes.Add(new OutputNode(Expression()));
                Close();
            }
            else if (Name() is "elif" or "else" or "endif" or "endfor")
            {
                end = _tokens[_at - 1].Text;
                return nodes;
            }
            else if (Statement(_tokens[_at - 1].Text) is { } node)
            {
                nodes.Add(node);
            }
        }

        end = null;
        return nodes;
    }

    private TemplateNode? Statement(string keyword)
    {
        switch (keyword)
        {
            case "if":
                return If();
            case "for":
                return For();
            case "set":
                return Set();
            case "generation" or "endgeneration":
                Close(); // Marks what the assistant says, for training; renders as nothing.
                return null;
            default:
                throw new TemplateNotUnderstoodException($"it has the statement '{keyword}'");
        }
    }

    private IfNode If()
    {
        var branches = new List<(TemplateExpression?, IReadOnlyList<TemplateNode>)>();
        TemplateExpression? condition = Expression();
        while (true)
        {
            Close();
            branches.Add((condition, Body(out var end)));
            switch (end)
            {
                case "elif" when condition is not null:
                    condition = Expression();
                    break;
                case "else" when condition is not null:
                    condition = null;
                    break;
                case "endif":
                    Close();
                    return new IfNode(branches);
                default:
                    throw new TemplateNotUnderstoodException("it has an 'if' that does not end");
            }
        }
    }

    private ForNode For()
    {
        var variable = Name();
        ExpectName("in");
        var sequence = Expression();
        Close();
        var body = Body(out var end);
        if (end != "endfor")
        {
            throw new TemplateNotUnderstoodException("it has a 'for' that does not end, or with an 'else'");
        }

        Close();
        return new ForNode(variable, sequence, body);
    }

    private SetNode Set()
    {
        var name = Name();
        var attribute = Take(".") ? Name() : null;
        Expect("=");
        var value = Expression();
        Close();
        return new SetNode(name, attribute, value);
    }

    private TemplateExpression Expression()
    {
        var value = Or();
        if (!TakeName("if"))
        {
            return value;
        }

        var condition = Or();
        return new ConditionalExpression(condition, value, TakeName("else") ? Expression() : null);
    }

    private TemplateExpression Or()
    {
        var left = And();
        while (TakeName("or"))
        {
            left = new BinaryExpression("or", left, And());
        }

        return left;
    }

    private TemplateExpression And()
    {
        var left = Not();
        while (TakeName("and"))
        {
            left = new BinaryExpression("and", left, Not());
        }

        return left;
    }

    private TemplateExpression Not() => TakeName("not") ? new NotExpression(Not()) : Comparison();

    private TemplateExpression Comparison()
    {
        var left = Sum();
        if (Peek is { Kind: TemplateTokenKind.Symbol, Text: "==" or "!=" or "<" or ">" or "<=" or ">=" } symbol)
        {
            _at++;
            left = new BinaryExpression(symbol.Text, left, Sum());
            if (Peek is { Kind: TemplateTokenKind.Symbol, Text: "==" or "!=" or "<" or ">" or "<=" or ">=" })
            {
                throw new TemplateNotUnderstoodException("it chains comparisons");
            }
        }
        else if (TakeName("in"))
        {
            left = new BinaryExpression("in", left, Sum());
        }
        else if (TakeName("not"))
        {
            ExpectName("in");
            left = new NotExpression(new BinaryExpression("in", left, Sum()));
        }

        return left;
    }

    private TemplateExpression Sum()
    {
        var left = Postfix();
        while (Peek is { Kind: TemplateTokenKind.Symbol, Text: "+" or "-" or "~" or "*" or "/" or "%" } symbol)
        {
            // Only sums and differences appear in templates that are recognised; a product would need its own level of precedence.
            if (symbol.Text is not ("+" or "-"))
            {
                throw new TemplateNotUnderstoodException($"it has the operator '{symbol.Text}'");
            }

            _at++;
            left = new BinaryExpression(symbol.Text, left, Postfix());
        }

        return left;
    }

    private TemplateExpression Postfix()
    {
        var value = Primary();
        while (true)
        {
            if (Take("."))
            {
                value = new MemberExpression(value, new ConstantExpression(Name()));
            }
            else if (Take("["))
            {
                value = Subscript(value);
            }
            else if (Take("("))
            {
                value = new CallExpression(value, Arguments());
            }
            else if (Take("|"))
            {
                value = new FilterExpression(value, Name());
                if (Take("("))
                {
                    Arguments();
                }
            }
            else if (TakeName("is"))
            {
                var negated = TakeName("not");
                TemplateExpression test = new TestExpression(value, Name());
                value = negated ? new NotExpression(test) : test;
            }
            else
            {
                return value;
            }
        }
    }

    private TemplateExpression Subscript(TemplateExpression target)
    {
        var parts = new TemplateExpression?[3];
        var colons = 0;
        while (!Take("]"))
        {
            if (Take(":"))
            {
                colons++;
            }
            else if (colons < 3 && parts[colons] is null)
            {
                parts[colons] = Expression();
            }
            else
            {
                throw new TemplateNotUnderstoodException("it has a subscript that is not understood");
            }
        }

        return (colons, parts[0]) switch
        {
            (0, { } key) => new MemberExpression(target, key),
            (1 or 2, _) => new SliceExpression(target, parts[0], parts[1], parts[2]),
            _ => throw new TemplateNotUnderstoodException("it has a subscript that is not understood"),
        };
    }

    private List<(string?, TemplateExpression)> Arguments()
    {
        var arguments = new List<(string?, TemplateExpression)>();
        while (!Take(")"))
        {
            string? name = null;
            if (Peek is { Kind: TemplateTokenKind.Name } && _at + 1 < _tokens.Count && _tokens[_at + 1] is { Kind: TemplateTokenKind.Symbol, Text: "=" })
            {
                name = Name();
                Expect("=");
            }

            arguments.Add((name, Expression()));
            if (!Take(",") && Peek is not { Kind: TemplateTokenKind.Symbol, Text: ")" })
            {
                throw Unexpected();
            }
        }

        return arguments;
    }

    private TemplateExpression Primary()
    {
        if (Peek is not { } token)
        {
            throw Unexpected();
        }

        _at++;
        switch (token.Kind)
        {
            case TemplateTokenKind.String:
                return new ConstantExpression(token.Text);
            case TemplateTokenKind.Integer when long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                return new ConstantExpression(number);
            case TemplateTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new ConstantExpression(true),
                    "false" or "False" => new ConstantExpression(false),
                    "none" or "None" => new ConstantExpression(null),
                    _ => new NameExpression(token.Text),
                };
            case TemplateTokenKind.Symbol when token.Text == "(":
                var inner = Expression();
                Expect(")");
                return inner;
            case TemplateTokenKind.Symbol when token.Text == "-" && Peek is { Kind: TemplateTokenKind.Integer }:
                return new BinaryExpression("-", new ConstantExpression(0L), Primary());
            default:
                _at--;
                throw Unexpected();
        }
    }

    private bool Take(string symbol) => TakeToken(TemplateTokenKind.Symbol, symbol);

    private bool TakeName(string name) => TakeToken(TemplateTokenKind.Name, name);

    private bool TakeToken(TemplateTokenKind kind, string text)
    {
        var taken = Peek is { } token && token.Kind == kind && token.Text == text;
        _at += taken ? 1 : 0;
        return taken;
    }

    private string Name() => Peek is { Kind: TemplateTokenKind.Name } ? _tokens[_at++].Text : throw Unexpected();

    private void Expect(string symbol)
    {
        if (!Take(symbol))
        {
            throw Unexpected();
        }
    }

    private void ExpectName(string name)
    {
        if (!TakeName(name))
        {
            throw Unexpected();
        }
    }

    private void Close()
    {
        if (Peek is not { Kind: TemplateTokenKind.Close })
        {
            throw Unexpected();
        }

        _at++;
    }

    private TemplateNotUnderstoodException Unexpected() => new(Peek is { } token ? $"it has '{token.Text}' where something else is expected" : "it ends too early");
}
