using Microsoft.Extensions.Logging;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>Which device an <see cref="MLContext"/> asks for.</summary>
internal static partial class TorchDevice
{
    /// <summary>The GPU that <c>MLContext.GpuDeviceId</c> names, else the CPU.</summary>
    /// <param name="environment">The context's environment, or a host of it.</param>
    /// <param name="logger">Hears of it when the CPU stands in for a GPU that is not there.</param>
    /// <exception cref="InvalidOperationException">The GPU is not there and <c>MLContext.FallbackToCpu</c> is false.</exception>
    public static torch.Device Of(IHostEnvironment environment, ILogger logger)
    {
        if (MLNetInternals.GpuDeviceIdOf(environment) is not { } id)
        {
            return torch.CPU;
        }

        var count = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (id >= 0 && id < count)
        {
            return torch.device("cuda", id);
        }

        if (!MLNetInternals.FallbackToCpuOf(environment))
        {
            throw new InvalidOperationException(
                $"MLContext.GpuDeviceId is {id}, but TorchSharp sees {Seen(count)}, and MLContext.FallbackToCpu is false. "
                + "Build with -p:TorchBackend=cuda-linux or cuda-windows on a machine with a CUDA driver, set GpuDeviceId = null, or set FallbackToCpu = true.");
        }

        NoSuchGpu(logger, id, Seen(count));
        return torch.CPU;
    }

    internal static string Seen(int count) => count switch
    {
        0 => "no CUDA device",
        1 => "one CUDA device, 0",
        _ => $"{count} CUDA devices, 0 to {count - 1}",
    };

    // RunLog has the others.
    [LoggerMessage(22, LogLevel.Warning, "MLContext.GpuDeviceId is {Id}, but TorchSharp sees {Devices}: the CPU is used (MLContext.FallbackToCpu). Build with -p:TorchBackend=cuda-linux or cuda-windows on a machine with a CUDA driver, or set GpuDeviceId = null.")]
    private static partial void NoSuchGpu(ILogger logger, int id, string devices);
}
