namespace Microsoft.ML.Grpo;

/// <summary>A value that depends on what the messages say. It may be computed with, but never be shown or decide what is shown.</summary>
/// <param name="Truth">Whether it counts as true, where that is known all the same; else null.</param>
internal sealed record UnknownValue(bool? Truth)
{
    public static readonly UnknownValue Instance = new(Truth: null);
}

/// <summary>A function that transformers gives to templates, such as <c>strftime_now</c>: it is there, and what it returns is not known.</summary>
internal sealed class FunctionValue
{
    public static readonly FunctionValue Instance = new();
}

/// <summary>Jinja's undefined: false, shown as nothing.</summary>
internal sealed class UndefinedValue
{
    public static readonly UndefinedValue Instance = new();
}

/// <summary>A message with a known role and a content that may be anything.</summary>
internal sealed record SymbolicMessage(int Number, string Role);

internal sealed record SymbolicMessages(IReadOnlyList<SymbolicMessage> Items);

/// <summary>The variable <c>loop</c>.</summary>
internal sealed record SymbolicLoop(int Index, int Count);
