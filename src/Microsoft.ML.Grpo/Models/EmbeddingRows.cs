using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Looks tokens up in an embedding. A token that occurs often gets a gradient of many summands, and runs repeat to the bit
/// only if these are added in the same order each time. No form of the look-up does that everywhere: each device has its own.
/// </summary>
internal static class EmbeddingRows
{
    /// <summary>The rows of some tokens, in the form whose gradient repeats on the table's device.</summary>
    /// <param name="table">[V, hidden].</param>
    /// <param name="ids">[N] int64.</param>
    /// <returns>[N, hidden].</returns>
    public static Tensor Of(Tensor table, Tensor ids) => FormFor(table.device_type)(table, ids);

    /// <summary>The form of the look-up that a device needs.</summary>
    internal static Func<Tensor, Tensor, Tensor> FormFor(DeviceType device) => device == DeviceType.CUDA ? ByIndex : ByGather;

    /// <summary>Its gradient sorts the ids on CUDA; on CPU threads add rows in whatever order they come by.</summary>
    internal static Tensor ByIndex(Tensor table, Tensor ids) => table.index(ids);

    /// <summary>Its gradient adds in the order of the ids on CPU; on CUDA it adds atomically, as that of index_select does, which on CPU takes twice the time at large vocabularies.</summary>
    internal static Tensor ByGather(Tensor table, Tensor ids) => table.gather(0, ids.unsqueeze(1).expand(-1, table.shape[1]));
}
