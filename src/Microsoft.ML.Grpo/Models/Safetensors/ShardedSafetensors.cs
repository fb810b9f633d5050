using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Several safetensors files and their index as one. All headers are read and compared with the index before any tensor is; the files
/// are mapped into memory, so that beside the model no more than one tensor's staging area is in use. Not thread-safe.
/// </summary>
internal sealed class ShardedSafetensors : IWeightSource
{
    private readonly Dictionary<string, SafetensorsReader> _shards = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafetensorsReader> _owners = new(StringComparer.Ordinal);

    private ShardedSafetensors(string directory, SafetensorsIndex index)
    {
        File = index.File;
        try
        {
            OpenAll(directory, index);
            Compare(index);
        }
        catch
        {
            Dispose();
            throw;
        }

        Shapes = _owners.ToDictionary(pair => pair.Key, pair => pair.Value.Entries[pair.Key].Shape, StringComparer.Ordinal);
    }

    public string File { get; }

    public IReadOnlyDictionary<string, IReadOnlyList<long>> Shapes { get; }

    public ScalarType StoredAs => SafetensorsDtype.MostOf(_shards.Values.SelectMany(shard => shard.Entries.Values));

    /// <exception cref="FileNotFoundException">A file that the index names is not there.</exception>
    /// <exception cref="ModelFormatException">A file is damaged, or a link that leads out of the directory; or files and index do not belong together.</exception>
    public static ShardedSafetensors Open(string directory, SafetensorsIndex index) => new(directory, index);

    public Tensor Read(string name, ScalarType type, Device device) => _owners.TryGetValue(name, out var shard)
        ? shard.Read(name, type, device)
        : throw new ModelFormatException(File, $"names no tensor '{name}'. Use a complete model.");

    public void Dispose()
    {
        foreach (var shard in _shards.Values)
        {
            shard.Dispose();
        }
    }

    private void OpenAll(string directory, SafetensorsIndex index)
    {
        string[] names = [.. index.Shards.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var paths = names.Select(name => ModelFolder.Find(directory, name)).ToArray();
        if (Array.IndexOf(paths, null) is >= 0 and var first)
        {
            throw new FileNotFoundException(
                $"'{directory}' lacks {paths.Count(path => path is null)} of the {names.Length} files that {SafetensorsIndex.FileName} names, {names[first]} among them. Download the model again.",
                Path.Combine(directory, names[first]));
        }

        for (var i = 0; i < names.Length; i++)
        {
            _shards.Add(names[i], SafetensorsReader.Open(paths[i]!));
        }
    }

    private void Compare(SafetensorsIndex index)
    {
        const string Remedy = "Download the model again, all files of one version.";
        foreach (var (name, shard) in _shards)
        {
            foreach (var tensor in shard.Entries.Keys)
            {
                if (!index.Shards.TryGetValue(tensor, out var owner))
                {
                    throw new ModelFormatException(shard.File, $"tensor '{tensor}' is not in {SafetensorsIndex.FileName}, and leaving it out could change the results. {Remedy}");
                }

                if (owner != name && _shards[owner].Entries.ContainsKey(tensor))
                {
                    throw new ModelFormatException(shard.File, $"tensor '{tensor}' is in {owner}, too, and which is meant is not clear. {Remedy}");
                }
            }
        }

        foreach (var (tensor, name) in index.Shards)
        {
            var shard = _shards[name];
            _owners.Add(tensor, shard.Entries.ContainsKey(tensor)
                ? shard
                : throw new ModelFormatException(shard.File, $"has no tensor '{tensor}', which {SafetensorsIndex.FileName} says is in it. {Remedy}"));
        }
    }
}
