using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The one thing of config.json that saving changes: the type of the weights on disk.</summary>
internal static class StoredDtype
{
    private static readonly JsonSerializerOptions Layout = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The file with <c>dtype</c> (transformers 5) and <c>torch_dtype</c> (4) set where they stand; as it is if they say so already.</summary>
    public static byte[] Set(string file, byte[] config, ScalarType storedAs)
    {
        var name = Name(storedAs);
        if (JsonNode.Parse(JsonText.WithoutMark(config).Span) is not JsonObject root)
        {
            throw new ModelFormatException(file, "is not a JSON object. Download the file again.");
        }

        // Both versions read the older spelling, which serves a file that has neither.
        string[] keys = root.ContainsKey("dtype") || root.ContainsKey("torch_dtype") ? ["dtype", "torch_dtype"] : ["torch_dtype"];
        var changed = false;
        foreach (var key in keys.Where(key => root.ContainsKey(key) || keys.Length == 1))
        {
            if (root[key] is JsonValue old && old.TryGetValue<string>(out var text) && text == name)
            {
                continue;
            }

            root[key] = name;
            changed = true;
        }

        return changed ? ToBytes(root) : config;
    }

    /// <summary>The type that the file names, in either spelling; null if it names none that weights are stored in here.</summary>
    public static WeightType? Find(string file, byte[] config)
    {
        var json = ConfigJson.Parse(file, config);
        return Enum.GetValues<WeightType>().Cast<WeightType?>()
            .FirstOrDefault(type => Name(type!.Value.ToScalarType()) is var name && ((string?[])[Text("dtype"), Text("torch_dtype")]).Contains(name));

        string? Text(string key) => json.Value(key) is { ValueKind: JsonValueKind.String } ? json.Text(key) : null;
    }

    /// <summary>A JSON file as Hugging Face lays it out.</summary>
    public static byte[] ToBytes(JsonObject root) => JsonSerializer.SerializeToUtf8Bytes(root, Layout);

    /// <summary>The type as the file spells it.</summary>
    public static string Name(ScalarType type) => type switch
    {
        ScalarType.Float64 => "float64",
        ScalarType.Float32 => "float32",
        ScalarType.Float16 => "float16",
        ScalarType.BFloat16 => "bfloat16",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Weights are stored as Float32, Float16, BFloat16 or Float64."),
    };
}
