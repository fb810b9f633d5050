using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A model whose tensors lie in several safetensors files. All headers are checked, against each other and the index, before a tensor is read.</summary>
internal sealed class ShardedSafetensors : IWeightSource
{
    private readonly Dictionary<string, SafetensorsReader> _shards = new(StringComparer.Ordinal); // by file name
    private readonly SafetensorsIndex _index;

    private ShardedSafetensors(SafetensorsIndex index) => _index = index;

    public string File => _index.File;

    public IReadOnlyDictionary<string, IReadOnlyList<long>> Shapes => field ??= _index.Shards.ToDictionary(entry => entry.Key, entry => _shards[entry.Value].Shapes[entry.Key], StringComparer.Ordinal);

    public ScalarType StoredAs => _shards.Values.MaxBy(shard => shard.Entries.Values.Sum(entry => entry.End - entry.Begin))!.StoredAs;

    /// <summary>Opens every file that an index names.</summary>
    /// <param name="path">The index.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="ModelFormatException">A file is damaged, leads elsewhere, or holds other tensors than the index says.</exception>
    public static ShardedSafetensors Open(string path)
    {
        var sharded = new ShardedSafetensors(SafetensorsIndex.Read(path));
        try
        {
            foreach (var name in sharded._index.Shards.Values.Distinct(StringComparer.Ordinal))
            {
                sharded.Add(name);
            }

            sharded.Check();
            return sharded;
        }
        catch
        {
            sharded.Dispose();
            throw;
        }
    }

    public Tensor Read(string name, ScalarType type, Device device) => _index.Shards.TryGetValue(name, out var shard)
        ? _shards[shard].Read(name, type, device)
        : throw new ModelFormatException(File, $"names no tensor '{name}'. Use complete files.");

    public void Dispose()
    {
        foreach (var shard in _shards.Values)
        {
            shard.Dispose();
        }
    }

    private void Add(string name)
    {
        var path = Path.Combine(Path.GetDirectoryName(File)!, name);
        if (!System.IO.File.Exists(path))
        {
            throw new FileNotFoundException($"'{File}' names '{name}', which is not there. Download all files of the model.", path);
        }

        ShardLinks.Check(File, path);
        _shards.Add(name, SafetensorsReader.Open(path));
    }

    private void Check()
    {
        foreach (var (tensor, shard) in _index.Shards)
        {
            if (!_shards[shard].Entries.ContainsKey(tensor))
            {
                throw new ModelFormatException(File, $"says that '{shard}' holds tensor '{tensor}', but it does not. Use an index and files that belong together.");
            }
        }

        foreach (var (shard, reader) in _shards)
        {
            foreach (var tensor in reader.Entries.Keys)
            {
                if (_index.Shards.GetValueOrDefault(tensor) is var named && named != shard)
                {
                    throw new ModelFormatException(reader.File, $"holds tensor '{tensor}', which {(named is null ? "the index does not name" : $"the index has in '{named}'")}. Use an index and files that belong together.");
                }
            }
        }
    }
}
