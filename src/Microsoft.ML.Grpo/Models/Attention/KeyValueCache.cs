using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Keys and values of sequences that are being decoded. Row r of a layer holds its sequence from place 0 on, so that the
/// numbers of a row do not depend on how long the others are. Room for tokens is added in steps that grow with the
/// length: a token is written in place, and all growing together copies less than what decoding writes.
/// </summary>
internal sealed class KeyValueCache : IDisposable
{
    private const int Step = 32;

    private readonly Tensor[] _keys;   // per layer [R·Hkv, C, D]
    private readonly Tensor[] _values; // per layer [R·Hkv, C, D]
    private readonly ModelConfig _config;

    public KeyValueCache(ModelConfig config, int rows, int capacity, ScalarType dtype, Device device)
    {
        _config = config;
        Rows = rows;
        Capacity = RoundUp(capacity);
        Tensor Empty() => zeros([(long)rows * config.KeyValueHeads, Capacity, config.HeadSize], dtype, device).DetachFromDisposeScope();
        _keys = [.. Enumerable.Range(0, config.Layers).Select(_ => Empty())];
        _values = [.. Enumerable.Range(0, config.Layers).Select(_ => Empty())];
    }

    /// <summary>Sequences held.</summary>
    public int Rows { get; private set; }

    /// <summary>Tokens that fit into a row.</summary>
    public int Capacity { get; private set; }

    /// <summary>Tokens that all rows have room for together.</summary>
    public long Tokens => (long)Rows * Capacity;

    /// <summary>The keys of one layer: [R·Hkv, C, D], owned by the cache.</summary>
    public Tensor Keys(int layer) => _keys[layer];

    /// <summary>The values of one layer: [R·Hkv, C, D], owned by the cache.</summary>
    public Tensor Values(int layer) => _values[layer];

    /// <summary>A length that rows are read or filled to: the next multiple of a fixed step.</summary>
    public static int RoundUp(int length) => (length + Step - 1) / Step * Step;

    /// <summary>Stores a prompt's keys and values once for each completion of its group.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="firstRow">Row of the first completion of the first prompt.</param>
    /// <param name="copies">Completions of a prompt.</param>
    /// <param name="key">[U, Hkv, T, D]: U prompts.</param>
    /// <param name="value">[U, Hkv, T, D].</param>
    public void StorePrompts(int layer, int firstRow, int copies, Tensor key, Tensor value)
    {
        using var scope = NewDisposeScope();
        var (prompts, length) = (key.shape[0], key.shape[2]);
        void Store(Tensor cache, Tensor x) => cache
            .view(Rows, _config.KeyValueHeads, Capacity, _config.HeadSize)
            .narrow(0, firstRow, prompts * copies)
            .narrow(2, 0, length)
            .view(prompts, copies, _config.KeyValueHeads, length, _config.HeadSize)
            .copy_(x.unsqueeze(1).expand(-1, copies, -1, -1, -1));
        Store(_keys[layer], key);
        Store(_values[layer], value);
    }

    /// <summary>Makes room for rows of a given length, and for some more tokens while at it.</summary>
    /// <param name="length">Tokens that must fit.</param>
    /// <param name="most">Tokens that will ever have to; at least <paramref name="length"/>.</param>
    public void EnsureCapacity(int length, int most)
    {
        if (length <= Capacity)
        {
            return;
        }

        var capacity = RoundUp(Math.Clamp(Capacity + (Capacity / 2), length, most));
        Replace(old =>
        {
            var grown = zeros([old.shape[0], capacity, old.shape[2]], old.dtype, old.device);
            grown.narrow(1, 0, Capacity).copy_(old);
            return grown;
        });
        Capacity = capacity;
    }

    /// <summary>Keeps some rows, in a given order, and frees the others.</summary>
    /// <param name="rows">[K] int64, on the cache's device.</param>
    public void KeepRows(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var heads = Sums.Range(_config.KeyValueHeads, rows.device);
        var flat = (rows.unsqueeze(1) * Scalars.Of(_config.KeyValueHeads)).Plus(heads).reshape(-1);
        Replace(old => old.index(flat));
        Rows = (int)rows.shape[0];
    }

    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values))
        {
            tensor.Dispose();
        }
    }

    private void Replace(Func<Tensor, Tensor> change)
    {
        foreach (var tensors in new[] { _keys, _values })
        {
            for (var layer = 0; layer < tensors.Length; layer++)
            {
                using var old = tensors[layer];
                tensors[layer] = change(old).DetachFromDisposeScope();
            }
        }
    }
}
