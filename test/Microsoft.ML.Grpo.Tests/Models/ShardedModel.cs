using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A small model whose weights lie in two files with an index, as a test changes them before they are written.</summary>
internal sealed class ShardedModel : IDisposable
{
    public const string First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors";

    private readonly CausalLM _model = RandomModel.Create(dtype: ScalarType.Float32);

    public ShardedModel()
    {
        foreach (var (name, weight) in _model.Parameters)
        {
            var shard = name.StartsWith("model.layers.1", StringComparison.Ordinal) ? Second : First;
            Shards[shard][name] = weight;
            WeightMap[name] = shard;
        }
    }

    public Dictionary<string, Dictionary<string, Tensor>> Shards { get; } = new() { [First] = [], [Second] = [] };

    /// <summary>What the index says.</summary>
    public JsonObject WeightMap { get; } = [];

    public IReadOnlyDictionary<string, Tensor> Parameters => _model.Parameters;

    /// <summary>Writes config.json, the shards and the index.</summary>
    public void Write(string folder, ScalarType storedAs = ScalarType.Float32)
    {
        new SavedModel().WriteFiles(folder);
        foreach (var (name, tensors) in Shards)
        {
            SafetensorsWriter.WriteFile(Path.Combine(folder, name), tensors, storedAs);
        }

        WriteIndex(folder, new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = 1 }, ["weight_map"] = WeightMap.DeepClone() }.ToJsonString());
    }

    public static void WriteIndex(string folder, string json) => File.WriteAllText(Path.Combine(folder, SafetensorsIndex.FileName), json);

    public void Dispose() => _model.Dispose();
}
