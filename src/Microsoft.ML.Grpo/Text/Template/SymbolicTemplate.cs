using System.Runtime.CompilerServices;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Renders a chat template for messages with known roles and unknown contents, without tools. What comes out holds for every content:
/// a template whose output depends on what a message says, other than by repeating it, ends in a <see cref="TemplateNotUnderstoodException"/>.
/// </summary>
internal sealed class SymbolicTemplate
{
    /// <summary>What Jinja and transformers define beside what is passed: a template may ask whether they are there.</summary>
    private static readonly string[] Functions = ["raise_exception", "strftime_now", "range", "dict", "lipsum", "cycler", "joiner", "namespace"];

    private readonly List<Dictionary<string, object?>> _scopes = [];
    private readonly TemplateWork _work = new();
    private readonly SymbolicEvaluator _evaluator;
    private SymbolicText _output = SymbolicText.Empty;

    private SymbolicTemplate(IReadOnlyDictionary<string, string> specialTokens, SymbolicMessages messages, bool addGenerationPrompt)
    {
        _evaluator = new SymbolicEvaluator(Lookup, _work);
        var globals = Functions.ToDictionary(name => name, _ => (object?)FunctionValue.Instance, StringComparer.Ordinal);
        foreach (var (name, text) in specialTokens)
        {
            globals[name] = SymbolicText.Of(text);
        }

        globals["messages"] = messages;
        globals["add_generation_prompt"] = addGenerationPrompt;

        // transformers passes both, as None, when there are none; and the additional tokens, a list, if there are any.
        globals["tools"] = null;
        globals["documents"] = null;
        globals["additional_special_tokens"] = UnknownValue.Instance;
        _scopes.Add(globals);
    }

    public static SymbolicText Render(
        IReadOnlyList<TemplateNode> template,
        IReadOnlyDictionary<string, string> specialTokens,
        IReadOnlyList<string> roles,
        bool addGenerationPrompt)
    {
        var messages = new SymbolicMessages([.. roles.Select((role, number) => new SymbolicMessage(number, role))]);
        var run = new SymbolicTemplate(specialTokens, messages, addGenerationPrompt);
        run.Run(template);
        return run._output;
    }

    private void Run(IReadOnlyList<TemplateNode> nodes)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        foreach (var node in nodes)
        {
            switch (node)
            {
                case OutputNode output:
                    Show(Evaluate(output.Value));
                    break;
                case SetNode set:
                    Assign(set, Evaluate(set.Value));
                    break;
                case ForNode loop:
                    Loop(loop);
                    break;
                case IfNode branches:
                    Choose(branches);
                    break;
            }
        }
    }

    private void Show(object? value) => _output = value switch
    {
        SymbolicText text => _output.Then(text, _work),
        UndefinedValue => _output,
        _ => throw new TemplateNotUnderstoodException("it shows something other than texts and the messages' contents"),
    };

    private void Assign(SetNode set, object? value)
    {
        _work.Spend(set.Name.Length + (set.Attribute?.Length ?? 0));
        if (set.Attribute is null)
        {
            _scopes[^1][set.Name] = value;
        }
        else if (Lookup(set.Name) is Dictionary<string, object?> space)
        {
            space[set.Attribute] = value;
        }
        else
        {
            throw new TemplateNotUnderstoodException($"it sets an attribute of '{set.Name}', which is no namespace");
        }
    }

    private void Loop(ForNode loop)
    {
        if (Evaluate(loop.Sequence) is not SymbolicMessages { Items: var items })
        {
            throw new TemplateNotUnderstoodException("it loops over something other than the messages");
        }

        for (var i = 0; i < items.Count; i++)
        {
            // What a loop's body sets is forgotten after each round, as in Jinja.
            _scopes.Add(new(StringComparer.Ordinal) { [loop.Variable] = items[i], ["loop"] = new SymbolicLoop(i, items.Count) });
            Run(loop.Body);
            _scopes.RemoveAt(_scopes.Count - 1);
        }
    }

    private void Choose(IfNode node)
    {
        for (var i = 0; i < node.Branches.Count; i++)
        {
            var (condition, body) = node.Branches[i];
            switch (condition is null ? true : SymbolicEvaluator.Truth(Evaluate(condition)))
            {
                case true:
                    Run(body);
                    return;
                case null:
                    // Any of the remaining branches may run: harmless if they only set variables, which are unknown from here on.
                    foreach (var (_, possible) in node.Branches.Skip(i))
                    {
                        Forget(possible);
                    }

                    return;
                case false:
                    break;
            }
        }
    }

    private void Forget(IReadOnlyList<TemplateNode> nodes)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        foreach (var node in nodes)
        {
            _work.Spend(TemplateWork.Value);
            switch (node)
            {
                case SetNode set:
                    Assign(set, UnknownValue.Instance);
                    break;
                case IfNode inner:
                    foreach (var (_, body) in inner.Branches)
                    {
                        Forget(body);
                    }

                    break;
                default:
                    throw new TemplateNotUnderstoodException("what it shows depends on what the messages say");
            }
        }
    }

    private object? Evaluate(TemplateExpression expression) => _evaluator.Evaluate(expression);

    private object? Lookup(string name)
    {
        for (var i = _scopes.Count - 1; i >= 0; i--)
        {
            _work.Spend(TemplateWork.Value + name.Length);
            if (_scopes[i].TryGetValue(name, out var value))
            {
                return value;
            }
        }

        return UndefinedValue.Instance;
    }
}
