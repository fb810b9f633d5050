using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Grpo;

/// <summary>The number type of weights in a file.</summary>
[SuppressMessage("Naming", "CA1720:Identifiers should not contain type names", Justification = "The names that every tensor library uses.")]
public enum WeightType
{
    /// <summary>32-bit floats, as trained weights are in memory: nothing is rounded.</summary>
    Float32,

    /// <summary>16-bit floats of 11 significant bits, up to 65,504 in size.</summary>
    Float16,

    /// <summary>16-bit floats of 8 significant bits, as most published models are. An update of 1e-6 vanishes in them until many have added up.</summary>
    BFloat16,

    /// <summary>64-bit floats.</summary>
    Float64,
}
