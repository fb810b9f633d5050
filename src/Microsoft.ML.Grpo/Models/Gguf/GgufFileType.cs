using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Grpo;

/// <summary>The number type of a GGUF file's matrices.</summary>
[SuppressMessage("Naming", "CA1720:Identifiers should not contain type names", Justification = "The names that every tensor library uses.")]
public enum GgufFileType
{
    /// <summary>32-bit floats: the weights as they are.</summary>
    Float32,

    /// <summary>16-bit floats, rounded to the nearest; weights of 65,520 or more are refused.</summary>
    Float16,

    /// <summary>bfloat16: the range of 32-bit floats with 8 bits of precision, rounded to the nearest.</summary>
    BFloat16,
}
