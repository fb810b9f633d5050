using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Where a tensor's numbers lie, for computations of our own.</summary>
internal static unsafe class TensorMemory
{
    private const int MostInSpan = int.MaxValue / sizeof(float);

    /// <summary>The first number of a float32 tensor on the CPU whose numbers lie in order: libtorch's memory, which does not move. The caller keeps the tensor alive.</summary>
    /// <exception cref="ArgumentException">They do not lie so.</exception>
    public static float* Of(Tensor tensor)
    {
        if (!tensor.is_contiguous() || tensor.device_type != TorchSharp.DeviceType.CPU)
        {
            throw new ArgumentException($"A tensor [{string.Join(", ", tensor.shape)}] on {tensor.device} does not lie in order in memory. Make it contiguous, on the CPU.");
        }

        using var first = tensor.numel() > MostInSpan ? tensor.narrow(0, 0, 1) : null;
        return (float*)Unsafe.AsPointer(ref (first ?? tensor).bytes[0]);
    }
}
