using System.Runtime.CompilerServices;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Parses the part of Jinja that ChatML templates are written in: output, <c>if</c>, <c>for</c> and <c>set</c>. Statements that it does
/// not know, macros among them, end in a refusal rather than in a guess.
/// </summary>
internal sealed class TemplateParser
{
    private readonly TemplateCursor _tokens;
    private readonly TemplateExpressionParser _expressions;

    private TemplateParser(IReadOnlyList<TemplateToken> tokens)
    {
        _tokens = new TemplateCursor(tokens);
        _expressions = new TemplateExpressionParser(_tokens);
    }

    public static IReadOnlyList<TemplateNode> Parse(string source)
    {
        var parser = new TemplateParser(TemplateLexer.Read(source));
        var nodes = parser.Body(out var end);
        return end is null ? nodes : throw new TemplateNotUnderstoodException($"it has '{end}' without a beginning");
    }

    /// <summary>Statements up to one of <c>elif</c>, <c>else</c>, <c>endif</c>, <c>endfor</c> (its name read, the rest not) or the end.</summary>
    private List<TemplateNode> Body(out string? end)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var nodes = new List<TemplateNode>();
        while (_tokens.Peek is not null)
        {
            var token = _tokens.Next();
            if (token.Kind == TemplateTokenKind.Text)
            {
                nodes.Add(new OutputNode(new ConstantExpression(token.Text)));
                continue;
            }

            if (token.Text == "{{")
            {
                nodes.Add(new OutputNode(_expressions.Read()));
                _tokens.Close();
                continue;
            }

            var keyword = _tokens.Name();
            if (keyword is "elif" or "else" or "endif" or "endfor")
            {
                end = keyword;
                return nodes;
            }

            if (Statement(keyword) is { } node)
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
                _tokens.Close(); // Marks what the assistant says, for training; renders as nothing.
                return null;
            default:
                throw new TemplateNotUnderstoodException($"it has the statement '{keyword}'");
        }
    }

    private IfNode If()
    {
        var branches = new List<(TemplateExpression?, IReadOnlyList<TemplateNode>)>();
        TemplateExpression? condition = _expressions.Read();
        while (true)
        {
            _tokens.Close();
            branches.Add((condition, Body(out var end)));
            switch (end)
            {
                case "elif" when condition is not null:
                    condition = _expressions.Read();
                    break;
                case "else" when condition is not null:
                    condition = null;
                    break;
                case "endif":
                    _tokens.Close();
                    return new IfNode(branches);
                default:
                    throw new TemplateNotUnderstoodException("it has an 'if' that does not end");
            }
        }
    }

    private ForNode For()
    {
        var variable = _tokens.Name();
        _tokens.ExpectName("in");
        var sequence = _expressions.ReadSequence();
        _tokens.Close();
        var body = Body(out var end);
        if (end != "endfor")
        {
            throw new TemplateNotUnderstoodException("it has a 'for' that does not end, or with an 'else'");
        }

        _tokens.Close();
        return new ForNode(variable, sequence, body);
    }

    private SetNode Set()
    {
        var name = _tokens.Name();
        var attribute = _tokens.Take(".") ? _tokens.Name() : null;
        _tokens.Expect("=");
        var value = _expressions.Read();
        _tokens.Close();
        return new SetNode(name, attribute, value);
    }
}
