using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Where a tensor's numbers lie, for computations of our own.</summary>
internal static unsafe class TensorMemory
{
    private const int MostInSpan = int.MaxValue / sizeof(float);

    /// <summary>The first number of a float32 tensor on the CPU whose numbers lie in order: libtorch's memory, which does not move. The caller keeps the tensor alive.</summary>
    public static float* Of(Tensor tensor)
    {
        using var first = tensor.numel() > MostInSpan ? tensor.narrow(0, 0, 1) : null;
        return (float*)Unsafe.AsPointer(ref (first ?? tensor).bytes[0]);
    }
}
