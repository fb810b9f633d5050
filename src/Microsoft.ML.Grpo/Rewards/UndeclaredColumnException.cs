namespace Microsoft.ML.Grpo;

/// <summary>A reward asked for a column that no reward declares.</summary>
internal sealed class UndeclaredColumnException(string column, string remedy)
    : KeyNotFoundException($"No reward declares the column '{column}', so it was not read from the data. {remedy}")
{
    public string Column { get; } = column;

    public string Remedy { get; } = remedy;
}
