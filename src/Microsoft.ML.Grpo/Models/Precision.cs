using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Grpo;

/// <summary>The number type of trained weights and of everything computed from them.</summary>
[SuppressMessage("Naming", "CA1720:Identifiers should not contain type names", Justification = "The names that every tensor library uses.")]
public enum Precision
{
    /// <summary>32-bit floats.</summary>
    Float32,

    /// <summary>64-bit floats: twice the memory, several times the time; for tests of exactness.</summary>
    Float64,
}
