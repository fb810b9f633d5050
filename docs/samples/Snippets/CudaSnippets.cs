using Microsoft.ML;

namespace Snippets;

/// <summary>What docs/cuda.md shows.</summary>
internal static class CudaSnippets
{
    public static void Run()
    {
        #region Gpu
        var ml = new MLContext(seed: 1) { GpuDeviceId = 0, FallbackToCpu = false };
        #endregion

        Console.WriteLine($"GPU asked for: {ml.GpuDeviceId}");
    }
}
