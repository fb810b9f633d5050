using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Grpo;

/// <summary>The number type of the matrix products in the model's blocks, which are most of the work.</summary>
[SuppressMessage("Naming", "CA1720:Identifiers should not contain type names", Justification = "The names that every tensor library uses.")]
public enum ComputeType
{
    /// <summary>The type of the weights (<see cref="Precision"/>): nothing is rounded.</summary>
    Float32,

    /// <summary>
    /// bfloat16: weights and inputs of the blocks' linear layers are rounded to 8 bits for the product, which is summed in float32 and rounded
    /// again. Weights that are trained stay in float32, as do their gradients, the optimizer's numbers, embeddings, norms, attention, the
    /// residual stream, adapters, the head and all that follows from it. Fast where the processor has instructions for it, and many times
    /// slower than float32 where it has not.
    /// </summary>
    BFloat16,

    /// <summary>Whichever of the two a short product takes less time in when the run starts; the log says which, and the saved model keeps it.</summary>
    Fastest,
}
