using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The threads that libtorch's operators run on, for a computation of ours between two operators. Threads of our own would
/// fight with them for the cores: they wait for the next operator spinning. These are the entry points of GNU OpenMP,
/// which compilers call too; libtorch comes with it on Linux.
/// </summary>
internal static unsafe class TorchThreads
{
    private static readonly delegate* unmanaged<delegate* unmanaged<Job*, void>, Job*, uint, uint, void> Parallel;
    private static readonly delegate* unmanaged<int> Number;
    private static readonly delegate* unmanaged<int> Count;

    static TorchThreads()
    {
        if (NativeLibrary.TryLoad(NativeLoader.Library, typeof(torch).Assembly, null, out var library)
            && NativeLibrary.TryGetExport(library, "GOMP_parallel", out var parallel)
            && NativeLibrary.TryGetExport(library, "omp_get_thread_num", out var number)
            && NativeLibrary.TryGetExport(library, "omp_get_num_threads", out var count))
        {
            Parallel = (delegate* unmanaged<delegate* unmanaged<Job*, void>, Job*, uint, uint, void>)parallel;
            Number = (delegate* unmanaged<int>)number;
            Count = (delegate* unmanaged<int>)count;
        }
    }

    /// <summary>Whether they can be had here.</summary>
    public static bool Found => Parallel is not null;

    /// <summary>Runs something on as many of them as an operator would take, and waits for all.</summary>
    /// <param name="body">Called with the arguments, the number of a thread from 0, and their count. Must not throw.</param>
    /// <param name="arguments">Lives until all are done.</param>
    public static void Run(delegate* managed<void*, int, int, void> body, void* arguments)
    {
        var job = new Job { Body = body, Arguments = arguments };
        Parallel(&Enter, &job, (uint)torch.get_num_threads(), 0);
    }

    [UnmanagedCallersOnly]
    private static void Enter(Job* job) => job->Body(job->Arguments, Number(), Count());

    private struct Job
    {
        public delegate* managed<void*, int, int, void> Body;
        public void* Arguments;
    }
}
