namespace Microsoft.ML.Grpo;

/// <summary>A value that depends on what the messages say. It may be computed with, but never be shown or decide what is shown.</summary>
internal sealed class UnknownValue
{
    public static readonly UnknownValue Instance = new();
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
