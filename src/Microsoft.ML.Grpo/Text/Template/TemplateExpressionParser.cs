using System.Globalization;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Grpo;

/// <summary>Parses the expressions of a chat template; one method a level of precedence, the loosest first.</summary>
internal sealed class TemplateExpressionParser(TemplateCursor tokens)
{
    public TemplateExpression Read()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var value = Or();
        if (!tokens.TakeName("if"))
        {
            return value;
        }

        var condition = Or();
        return new ConditionalExpression(condition, value, tokens.TakeName("else") ? Read() : null);
    }

    /// <summary>What a loop goes over. An <c>if</c> behind it filters the loop's items, and is no part of it.</summary>
    public TemplateExpression ReadSequence() => Or();

    private TemplateExpression Or()
    {
        var left = And();
        while (tokens.TakeName("or"))
        {
            left = new BinaryExpression("or", left, And());
        }

        return left;
    }

    private TemplateExpression And()
    {
        var left = Not();
        while (tokens.TakeName("and"))
        {
            left = new BinaryExpression("and", left, Not());
        }

        return left;
    }

    private TemplateExpression Not()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return tokens.TakeName("not") ? new NotExpression(Not()) : Comparison();
    }

    private TemplateExpression Comparison()
    {
        var left = Sum();
        if (tokens.Peek is { Kind: TemplateTokenKind.Symbol, Text: "==" or "!=" or "<" or ">" or "<=" or ">=" } symbol)
        {
            tokens.Next();
            left = new BinaryExpression(symbol.Text, left, Sum());
            if (tokens.Peek is { Kind: TemplateTokenKind.Symbol, Text: "==" or "!=" or "<" or ">" or "<=" or ">=" })
            {
                throw new TemplateNotUnderstoodException("it chains comparisons");
            }
        }
        else if (tokens.TakeName("in"))
        {
            left = new BinaryExpression("in", left, Sum());
        }
        else if (tokens.TakeName("not"))
        {
            tokens.ExpectName("in");
            left = new NotExpression(new BinaryExpression("in", left, Sum()));
        }

        return left;
    }

    private TemplateExpression Sum()
    {
        var left = Postfix();
        while (tokens.Peek is { Kind: TemplateTokenKind.Symbol, Text: "+" or "-" or "~" or "*" or "/" or "%" } symbol)
        {
            // Only sums and differences appear in templates that are recognised; a product would need its own level of precedence.
            if (symbol.Text is not ("+" or "-"))
            {
                throw new TemplateNotUnderstoodException($"it has the operator '{symbol.Text}'");
            }

            tokens.Next();
            left = new BinaryExpression(symbol.Text, left, Postfix());
        }

        return left;
    }

    private TemplateExpression Postfix()
    {
        var value = Primary();
        while (true)
        {
            if (tokens.Take("."))
            {
                value = new MemberExpression(value, new ConstantExpression(tokens.Name()));
            }
            else if (tokens.Take("["))
            {
                value = Subscript(value);
            }
            else if (tokens.Take("("))
            {
                value = new CallExpression(value, Arguments());
            }
            else if (tokens.Take("|"))
            {
                value = new FilterExpression(value, tokens.Name());
                if (tokens.Take("("))
                {
                    Arguments();
                }
            }
            else if (tokens.TakeName("is"))
            {
                var negated = tokens.TakeName("not");
                TemplateExpression test = new TestExpression(value, tokens.Name());
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
        while (!tokens.Take("]"))
        {
            if (tokens.Take(":"))
            {
                colons++;
            }
            else if (colons < 3 && parts[colons] is null)
            {
                parts[colons] = Read();
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
        while (!tokens.Take(")"))
        {
            string? name = null;
            if (tokens.Peek is { Kind: TemplateTokenKind.Name } && tokens.PeekAt(1) is { Kind: TemplateTokenKind.Symbol, Text: "=" })
            {
                name = tokens.Name();
                tokens.Expect("=");
            }

            arguments.Add((name, Read()));
            if (!tokens.Take(",") && tokens.Peek is not { Kind: TemplateTokenKind.Symbol, Text: ")" })
            {
                throw tokens.Unexpected();
            }
        }

        return arguments;
    }

    private TemplateExpression Primary()
    {
        var token = tokens.Next();
        switch (token.Kind)
        {
            case TemplateTokenKind.String:
                return new ConstantExpression(token.Text);
            case TemplateTokenKind.Integer when int.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                return new ConstantExpression((long)number);
            case TemplateTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new ConstantExpression(true),
                    "false" or "False" => new ConstantExpression(false),
                    "none" or "None" => new ConstantExpression(null),
                    _ => new NameExpression(token.Text),
                };
            case TemplateTokenKind.Symbol when token.Text == "(":
                var inner = Read();
                tokens.Expect(")");
                return inner;
            case TemplateTokenKind.Symbol when token.Text == "-" && tokens.Peek is { Kind: TemplateTokenKind.Integer }:
                return new BinaryExpression("-", new ConstantExpression(0L), Primary());
            default:
                throw new TemplateNotUnderstoodException($"it has '{token.Text}' where a value is expected");
        }
    }
}
