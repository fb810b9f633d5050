using System.Runtime.CompilerServices;
using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Prepares TorchSharp in this process. Everything of this library that makes tensors calls it. A program that uses
/// TorchSharp itself, before anything of ours, calls it first: the package compiles such a call, for the loading alone,
/// into C# applications, but not into scripts or programs in other languages.
/// </summary>
public static class TorchRuntime
{
    private static readonly FirstChoice AllocatorIsTuned = new();

    /// <summary>
    /// Loads the native library, on older Linux systems too, and tunes the allocator. Thread-safe; what was done once
    /// is not done again.
    /// </summary>
    /// <param name="tuneAllocator">
    /// Whether large freed blocks stay with the process (Linux with glibc; elsewhere without effect): much faster steps
    /// on CPU, for memory that is not returned after a peak. Default: <see langword="true"/>. The first call of the
    /// process decides, a run and the loading of a model being such calls too; later ones have no say.
    /// </param>
    /// <exception cref="DllNotFoundException">The native library cannot be loaded; the message names the remedies.</exception>
    /// <exception cref="InvalidOperationException">TorchSharp was used, and failed, before: it does not try again in a process.</exception>
    public static void Initialize(bool tuneAllocator = true)
    {
        if (AllocatorIsTuned.Make(tuneAllocator))
        {
            _ = Allocator.Tune();
        }

        Load();
    }

    /// <summary>Sets the number of threads that an operator on CPU may use, for the whole process.</summary>
    /// <param name="threads">
    /// At least 1. More threads than cores that are really free is the worst case: decoding was seen to be 8 times slower.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is below 1.</exception>
    /// <exception cref="DllNotFoundException">The native library cannot be loaded; the message names the remedies.</exception>
    /// <exception cref="InvalidOperationException">TorchSharp was used, and failed, before: it does not try again in a process.</exception>
    public static void SetThreads(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Load();
        torch.set_num_threads(threads);
    }

    private static void Load()
    {
        NativeLoader.EnsureLoaded();
        try
        {
            RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
        }
        catch (TypeInitializationException e)
        {
            throw new InvalidOperationException(
                "TorchSharp was used before Microsoft.ML.Grpo and could not load its native library; it does not try again. "
                + "Call TorchRuntime.Initialize() in a method that runs before the first one that uses TorchSharp, and start the program again.",
                e);
        }
    }
}
