using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Numbers of a loss that depend on the sign of a completion's advantage.</summary>
internal static class BySign
{
    /// <summary>One number where a condition on the advantages holds, else another.</summary>
    /// <param name="advantages">[B, 1]; its shape, dtype and device are those of the result.</param>
    /// <param name="holds">[B, 1] bool.</param>
    /// <param name="ifTrue">The number where it holds.</param>
    /// <param name="ifFalse">The number elsewhere.</param>
    internal static Tensor Choose(Tensor advantages, Tensor holds, double ifTrue, double ifFalse) =>
        full_like(advantages, Scalars.Of(ifFalse)).masked_fill(holds, Scalars.Of(ifTrue));
}
