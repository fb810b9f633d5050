using System.Globalization;
using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>How much memory the keys and values of a rollout may take where nobody said.</summary>
internal static class CacheMemory
{
    // TorchSharp does not tell how much of a GPU's memory is free; this much leaves room beside a small model's weights.
    private const long OnOtherDevices = 4L << 30;

    /// <summary>Tokens that fit into half of the memory that is free now.</summary>
    public static long Tokens(CausalLM model) => (model.Device.type == DeviceType.CPU ? Free() / 2 : OnOtherDevices) / TokenBytes(model.Config, model.Dtype);

    /// <summary>Bytes of the keys and values of one token.</summary>
    public static long TokenBytes(ModelConfig model, torch.ScalarType dtype) => 2L * dtype.ElementSize() * model.Layers * model.KeyValueHeads * model.HeadSize;

    /// <summary>What the process may still take: below its limit (a container's, too), and of the machine what the others leave.</summary>
    private static long Free()
    {
        var belowLimit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet;
        return Math.Max(0, Math.Min(belowLimit, Available() ?? long.MaxValue));
    }

    /// <summary>What Linux says is left; null elsewhere.</summary>
    private static long? Available()
    {
        const string Table = "/proc/meminfo";
        const string Row = "MemAvailable:";
        return File.Exists(Table) && File.ReadLines(Table).FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal)) is { } found
            ? 1024 * long.Parse(found[Row.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.Integer, CultureInfo.InvariantCulture)
            : null;
    }
}
