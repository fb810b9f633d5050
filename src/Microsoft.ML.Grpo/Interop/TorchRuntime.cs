using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Prepares TorchSharp in this process. Everything of this library that makes tensors calls it; a program that uses
/// TorchSharp itself, before anything of ours, calls it first.
/// </summary>
public static class TorchRuntime
{
    /// <summary>
    /// Loads the native library, on older Linux systems too, and tunes the allocator. Thread-safe; what was done once
    /// is not done again.
    /// </summary>
    /// <param name="tuneAllocator">
    /// Whether large freed blocks stay with the process (Linux with glibc; elsewhere without effect): much faster steps
    /// on CPU, for memory that is not returned after a peak. Default: <see langword="true"/>. Once raised, the
    /// thresholds stay so: to keep the system's own, pass <see langword="false"/> in the first call of the process.
    /// </param>
    /// <exception cref="DllNotFoundException">The native library cannot be loaded; the message names the remedies.</exception>
    public static void Initialize(bool tuneAllocator = true)
    {
        if (tuneAllocator)
        {
            _ = Allocator.Tune();
        }

        NativeLoader.EnsureLoaded();
    }

    /// <summary>Sets the number of threads that an operator on CPU may use, for the whole process.</summary>
    /// <param name="threads">
    /// At least 1. More threads than cores that are really free is the worst case: decoding was seen to be 8 times slower.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is below 1.</exception>
    /// <exception cref="DllNotFoundException">The native library cannot be loaded; the message names the remedies.</exception>
    public static void SetThreads(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        NativeLoader.EnsureLoaded();
        torch.set_num_threads(threads);
    }
}
