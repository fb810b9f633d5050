using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// One new token a row against the row's cache. The query heads that share a key head stand together as the rows of one
/// matrix product, so keys and values are never repeated. What lies beyond a row's length gets weight exactly 0. Where
/// <see cref="AttentionKernel"/> can run, it does all of this instead.
/// </summary>
internal sealed class DecodeAttention : IAttention, IDisposable
{
    private readonly KeyValueCache _cache;
    private readonly int _width;
    private readonly double _scale;
    private readonly long[]? _kernelPlaces; // [R] where the new keys go; null: by operators
    private readonly Tensor? _places;       // [R·Hkv] where the new key goes
    private readonly Tensor? _cacheRow;     // [R·Hkv] 0, 1, 2 ...
    private readonly Tensor? _beyond;       // [R, 1, 1, W] true = not of this row

    /// <summary>Makes the attention of one decoding step.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="cache">The cache; it has room for every position.</param>
    /// <param name="positions">[R] int64: the place of each row's new token.</param>
    /// <param name="longest">The largest of the positions.</param>
    /// <param name="kernel">Whether the kernel may be used.</param>
    public DecodeAttention(ModelConfig config, KeyValueCache cache, Tensor positions, int longest, bool kernel = true)
    {
        using var scope = NewDisposeScope();
        _cache = cache;
        _width = KeyValueCache.RoundUp(longest + 1);
        _scale = 1 / Math.Sqrt(config.HeadSize);
        if (kernel && AttentionKernel.Fits(cache.Keys(0)))
        {
            _kernelPlaces = positions.data<long>().ToArray();
            return;
        }

        _places = positions.repeat_interleave(config.KeyValueHeads).DetachFromDisposeScope();
        _cacheRow = Sums.Range(_places.shape[0], positions.device).DetachFromDisposeScope();
        _beyond = Sums.Range(_width, positions.device).gt(positions.unsqueeze(1)).view(-1, 1, 1, _width).DetachFromDisposeScope();
    }

    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value)
    {
        var (keys, values) = (_cache.Keys(layer), _cache.Values(layer));
        if (_kernelPlaces is not null)
        {
            return AttentionKernel.Attend(keys, values, _kernelPlaces, query, key, value, _scale);
        }

        using var scope = NewDisposeScope();
        var (rows, keyHeads, headSize) = (key.shape[0], key.shape[1], key.shape[3]);
        keys.index_put_(key.reshape(rows * keyHeads, headSize), [_cacheRow!, _places!]);
        values.index_put_(value.reshape(rows * keyHeads, headSize), [_cacheRow!, _places!]);

        var grouped = query.reshape(rows * keyHeads, -1, headSize) * Scalars.Of(_scale);                  // [R·Hkv, G, D]
        var scores = grouped.bmm(keys.narrow(1, 0, _width).transpose(1, 2))                   // [R·Hkv, G, W]
            .view(rows, keyHeads, -1, _width)
            .masked_fill_(_beyond!, Scalars.Of(double.NegativeInfinity));
        var weights = scores.softmax(-1).view(rows * keyHeads, -1, _width);
        return weights.bmm(values.narrow(1, 0, _width)).view(rows, -1, 1, headSize).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _places?.Dispose();
        _cacheRow?.Dispose();
        _beyond?.Dispose();
    }
}
