using System.Runtime.CompilerServices;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Values of a template's expressions when contents are unknown. Values are <see cref="SymbolicText"/>, long, bool, null,
/// <see cref="UndefinedValue"/>, <see cref="UnknownValue"/>, <see cref="FunctionValue"/>, a message, the messages, a loop or a namespace (a dictionary).
/// </summary>
/// <param name="lookup">The value of a name.</param>
/// <param name="work">What evaluation takes is taken from this.</param>
internal sealed class SymbolicEvaluator(Func<string, object?> lookup, TemplateWork work)
{
    public object? Evaluate(TemplateExpression expression)
    {
        work.Spend(TemplateWork.Value);
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (expression)
        {
            case ConstantExpression { Value: string text }:
                work.Spend(text.Length);
                return SymbolicText.Of(text);
            case ConstantExpression { Value: var value }:
                return value;
            case NameExpression { Name: var name }:
                return lookup(name);
            case NotExpression { Operand: var operand }:
                return Truth(Evaluate(operand)) is { } truth ? !truth : UnknownValue.Instance;
            case BinaryExpression binary:
                return Binary(binary);
            case MemberExpression member:
                return Member(Evaluate(member.Target), Evaluate(member.Key));
            case SliceExpression slice:
                return Slice(slice);
            case TestExpression test:
                return Test(Evaluate(test.Target), test.Name);
            case ConditionalExpression choice:
                return Truth(Evaluate(choice.Condition)) switch
                {
                    true => Evaluate(choice.Then),
                    false => choice.Else is { } other ? Evaluate(other) : UndefinedValue.Instance,
                    null => UnknownValue.Instance,
                };
            case CallExpression { Target: NameExpression { Name: "namespace" }, Arguments: var arguments }:
                return Namespace(arguments);
            case FilterExpression { Name: "length" or "count", Target: var target } when Evaluate(target) is SymbolicMessages messages:
                return (long)messages.Items.Count;
            case FilterExpression or CallExpression:
                // Methods and filters change texts in ways that need not be known, as long as nobody shows the result.
                return UnknownValue.Instance;
            default:
                throw new TemplateNotUnderstoodException($"it has an expression that is not understood ({expression.GetType().Name})");
        }
    }

    private Dictionary<string, object?> Namespace(IReadOnlyList<(string? Name, TemplateExpression Value)> arguments)
    {
        var space = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in arguments)
        {
            work.Spend(name?.Length ?? 0);
            if (name is null || !space.TryAdd(name, Evaluate(value)))
            {
                throw new TemplateNotUnderstoodException("it makes a namespace of something");
            }
        }

        return space;
    }

    /// <summary>Whether a value counts as true; null if that depends on a message's content.</summary>
    public static bool? Truth(object? value) => value switch
    {
        UnknownValue { Truth: var truth } => truth,
        null or UndefinedValue => false,
        bool truth => truth,
        long number => number != 0,
        SymbolicText text => !text.IsEmpty,
        SymbolicMessages messages => messages.Items.Count > 0,
        _ => true,
    };

    private object? Binary(BinaryExpression binary)
    {
        var left = Evaluate(binary.Left);
        if (binary.Operator is "and" or "or")
        {
            var decisive = binary.Operator == "or";
            switch (Truth(left))
            {
                case { } truth when truth == decisive:
                    return left;
                case { }:
                    return Evaluate(binary.Right);
                default:
                    // Either side may be the value; if the right one is decisive, whichever it is counts the same as a condition.
                    return Truth(Evaluate(binary.Right)) == decisive ? new UnknownValue(decisive) : UnknownValue.Instance;
            }
        }

        var right = Evaluate(binary.Right);
        if ((left, right) is (SymbolicText first, SymbolicText second))
        {
            work.Spend(Comparison(first.Size, second.Size));
        }

        return binary.Operator switch
        {
            _ when left is UnknownValue || right is UnknownValue => UnknownValue.Instance,
            "==" => Known(Same(left, right)),
            "!=" => Known(!Same(left, right)),
            "in" => Contains(right, left),
            "+" when (left, right) is (SymbolicText a, SymbolicText b) => a.Then(b, work),
            _ when (left, right) is (long a, long b) => binary.Operator switch
            {
                "+" => Small(a + b),
                "-" => Small(a - b),
                "<" => a < b,
                ">" => a > b,
                "<=" => a <= b,
                _ => a >= b,
            },
            _ => throw new TemplateNotUnderstoodException($"it applies '{binary.Operator}' to things that do not fit"),
        };
    }

    /// <summary>What a search takes at the worst, of which comparing is a part: at each place of one text the other is compared, 64 characters a step.</summary>
    private static long Comparison(long first, long second) => first + second + (first * second / 64);

    // Python's integers have no end; nothing near the end of ours appears in an honest template.
    private static long Small(long value) => value is > int.MinValue and < int.MaxValue ? value : throw new TemplateNotUnderstoodException("it counts too far");

    private static object Known(bool? value) => value is { } known ? known : UnknownValue.Instance;

    private static bool? Same(object? left, object? right) => (left, right) switch
    {
        (SymbolicText a, SymbolicText b) => a.SameAs(b) ? true : a.Literal is not null && b.Literal is not null ? false : null,
        (bool a, bool b) => a == b,
        (long a, long b) => a == b,
        (null, null) => true,
        (null or UndefinedValue, SymbolicText or long or bool) or (SymbolicText or long or bool, null or UndefinedValue) => false,
        (SymbolicText, long or bool) or (long or bool, SymbolicText) => false,
        _ => null,
    };

    private static object Contains(object? whole, object? part) => (whole, part) switch
    {
        (SymbolicMessage, SymbolicText { Literal: { } key }) => key is "role" or "content",
        (SymbolicText { Literal: { } text }, SymbolicText { Literal: { } piece }) => text.Contains(piece, StringComparison.Ordinal),
        (SymbolicText, SymbolicText) => UnknownValue.Instance,
        _ => throw new TemplateNotUnderstoodException("it applies 'in' to things that do not fit"),
    };

    private static object? Member(object? target, object? key) => (target, key) switch
    {
        (UnknownValue, _) or (_, UnknownValue) => UnknownValue.Instance,
        (SymbolicMessage message, SymbolicText { Literal: { } name }) => name switch
        {
            "role" => SymbolicText.Of(message.Role),
            "content" => SymbolicText.ContentOf(message.Number),
            _ => UndefinedValue.Instance,
        },
        (SymbolicMessages messages, long place) when (place < 0 ? place + messages.Items.Count : place) is var i && i >= 0 && i < messages.Items.Count => messages.Items[(int)i],
        (SymbolicMessages, long) => UndefinedValue.Instance,
        (SymbolicLoop loop, SymbolicText { Literal: { } name }) => name switch
        {
            "first" => loop.Index == 0,
            "last" => loop.Index == loop.Count - 1,
            "index0" => (long)loop.Index,
            "index" => (long)loop.Index + 1,
            "length" => (long)loop.Count,
            _ => throw new TemplateNotUnderstoodException($"it uses 'loop.{name}'"),
        },
        (Dictionary<string, object?> space, SymbolicText { Literal: { } name }) => space.TryGetValue(name, out var value) ? value : UndefinedValue.Instance,
        _ => throw new TemplateNotUnderstoodException("it reads a member of something that has none"),
    };

    private SymbolicMessages Slice(SliceExpression slice)
    {
        if (Evaluate(slice.Target) is not SymbolicMessages { Items: var items })
        {
            throw new TemplateNotUnderstoodException("it takes a slice of something other than the messages");
        }

        var (start, stop, step) = (Place(slice.Start), Place(slice.Stop), Place(slice.Step) ?? 1);
        return (start, stop, step) switch
        {
            (null, null, -1) => new([.. items.Reverse()]),
            (_, null, 1) when (start ?? 0) >= 0 => new([.. items.Skip((int)(start ?? 0))]),
            _ => throw new TemplateNotUnderstoodException("it takes a slice of the messages that is not understood"),
        };

        long? Place(TemplateExpression? part) => part is null ? null : Evaluate(part) as long? ?? throw new TemplateNotUnderstoodException("it takes a slice of the messages that is not understood");
    }

    private static object Test(object? value, string name) => name switch
    {
        _ when value is UnknownValue => UnknownValue.Instance,
        "defined" => value is not UndefinedValue,
        "undefined" => value is UndefinedValue,
        "none" => value is null,
        "string" => value is SymbolicText,
        "mapping" => value is SymbolicMessage,
        "false" => value is false,
        "true" => value is true,
        _ => throw new TemplateNotUnderstoodException($"it has the test '{name}'"),
    };
}
