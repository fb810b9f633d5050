namespace Microsoft.ML.Grpo;

/// <summary>Which of several files holds which tensor: <c>model.safetensors.index.json</c>.</summary>
/// <param name="File">The index's name, for errors.</param>
/// <param name="Shards">Tensor to file, a plain name of the same directory.</param>
internal sealed record SafetensorsIndex(string File, IReadOnlyDictionary<string, string> Shards)
{
    public const string FileName = "model.safetensors.index.json";

    private const string Key = "weight_map", Ending = ".safetensors";

    /// <exception cref="ModelFormatException">It is damaged or too large, or names a file that is none of its directory's.</exception>
    public static SafetensorsIndex Read(string path) => Parse(path, SmallFile.Read(path));

    /// <inheritdoc cref="Read"/>
    public static SafetensorsIndex Parse(string file, byte[] utf8)
    {
        var json = ConfigJson.Parse(file, utf8);
        var map = json.Object(Key) ?? throw json.Error(Key, "is missing. Download the file again.");
        var shards = map.Keys.ToDictionary(tensor => tensor, tensor => Shard(map, tensor), StringComparer.Ordinal);
        return shards.Count > 0 ? new(file, shards) : throw json.Error(Key, "names no tensor. Download the file again.");
    }

    private static string Shard(ConfigJson map, string tensor)
    {
        var name = map.Text(tensor) ?? throw map.Error(tensor, "is null, not the name of a file. Download the file again.");
        return name.Length > Ending.Length && name.EndsWith(Ending, StringComparison.Ordinal) && name.AsSpan().IndexOfAny("/\\:\0") < 0
            ? name
            : throw map.Error(tensor, $"is '{name}', not the plain name of a {Ending} file of the same directory. Download the model again from a source that you trust.");
    }
}
