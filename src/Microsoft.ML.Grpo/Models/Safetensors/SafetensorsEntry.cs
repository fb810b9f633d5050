using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>One tensor as the header describes it.</summary>
/// <param name="Name">The tensor's name; unique in the file.</param>
/// <param name="Type">Its element type in the file.</param>
/// <param name="Shape">Its shape; empty for a scalar.</param>
/// <param name="Begin">First byte, inclusive, counted from the end of the header.</param>
/// <param name="End">Last byte, exclusive.</param>
internal sealed record SafetensorsEntry(string Name, ScalarType Type, IReadOnlyList<long> Shape, long Begin, long End)
{
    /// <summary>Number of elements.</summary>
    public long Elements => (End - Begin) / SafetensorsDtype.Size(Type);
}
