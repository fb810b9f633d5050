namespace Microsoft.ML.Grpo;

/// <summary>Which file of a model that lies in several holds which tensor: <c>model.safetensors.index.json</c>.</summary>
/// <param name="File">Its name, for errors.</param>
/// <param name="Shards">Tensor to the name of a file beside the index; at least one.</param>
internal sealed record SafetensorsIndex(string File, IReadOnlyDictionary<string, string> Shards)
{
    public const string FileName = ModelFiles.Weights + ".index.json";

    private const string Extension = ".safetensors";

    /// <exception cref="ModelFormatException">It is damaged, or names a file anywhere but beside itself.</exception>
    public static SafetensorsIndex Read(string path)
    {
        var json = ConfigJson.Parse(path, System.IO.File.ReadAllBytes(path));
        var map = json.Object("weight_map") ?? throw json.Error("weight_map", "is missing: the file does not say which file holds which tensor. Download the file again.");
        var shards = map.Unread.ToDictionary(tensor => tensor, tensor => Shard(map, tensor), StringComparer.Ordinal);
        return shards.Count > 0 ? new(path, shards) : throw json.Error("weight_map", "names no tensor. Download the file again.");
    }

    private static string Shard(ConfigJson map, string tensor)
    {
        var name = map.Text(tensor);
        var plain = name is not null && name.EndsWith(Extension, StringComparison.Ordinal) && name.AsSpan().IndexOfAny('/', '\\', ':') < 0 && !name.StartsWith('.') && !name.Contains('\0', StringComparison.Ordinal);
        return plain ? name! : throw map.Error(tensor, $"lies in '{name}', which is not the name of a {Extension} file beside the index. Use the files as they were published.");
    }
}
