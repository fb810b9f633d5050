using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Which keys the queries of a pass see. The layers are the same for every pass; this is what differs.</summary>
internal interface IAttention
{
    /// <summary>Mixes the values of one layer.</summary>
    /// <param name="layer">The layer's number, from 0.</param>
    /// <param name="query">[B, H, T, D], rotated.</param>
    /// <param name="key">[B, Hkv, T, D], rotated.</param>
    /// <param name="value">[B, Hkv, T, D].</param>
    /// <returns>[B, H, T, D].</returns>
    Tensor Attend(int layer, Tensor query, Tensor key, Tensor value);
}
