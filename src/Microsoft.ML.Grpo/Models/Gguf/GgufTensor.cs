namespace Microsoft.ML.Grpo;

/// <summary>One tensor as a GGUF header describes it.</summary>
/// <param name="Name">The tensor's name, as llama.cpp spells it.</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Shape">Its shape as Python writes it, rows first; the file has it the other way round.</param>
/// <param name="Begin">First byte, counted from the start of the data.</param>
/// <param name="Bytes">Its length.</param>
internal sealed record GgufTensor(string Name, GgufType Type, IReadOnlyList<long> Shape, long Begin, long Bytes)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Bytes / Type.BlockBytes * Type.BlockElements;
}
