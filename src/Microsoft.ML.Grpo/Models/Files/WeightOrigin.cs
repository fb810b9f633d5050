namespace Microsoft.ML.Grpo;

/// <summary>Where a model's weights were loaded from, so that they can be compared with what became of them.</summary>
/// <param name="Path">A directory or a GGUF file.</param>
/// <param name="Files">The weight files there as they were.</param>
internal sealed record WeightOrigin(string Path, IReadOnlyList<(string Name, long Length, DateTime Written)> Files)
{
    public static WeightOrigin Of(string path) => new(System.IO.Path.GetFullPath(path), Look(path));

    /// <summary>Opens the weights again; null if they are gone, closed to us, or have been changed since.</summary>
    /// <param name="config">The model's shape.</param>
    public IWeightSource? TryOpen(ModelConfig config)
    {
        try
        {
            return Look(Path).SequenceEqual(Files) ? PretrainedModel.OpenWeights(Path, config) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static (string Name, long Length, DateTime Written)[] Look(string path) =>
    [
        .. (File.Exists(path) ? [new FileInfo(path)] : new DirectoryInfo(path).EnumerateFiles().Where(file => file.Extension is ".safetensors" or GgufModel.Extension))
            .Select(file => Stamp(file.Name, new FileInfo(RealPath.Of(file.FullName)))).Order(),
    ];

    private static (string Name, long Length, DateTime Written) Stamp(string name, FileInfo file) =>
        (name, file.Exists ? file.Length : -1, file.LastWriteTimeUtc);
}
