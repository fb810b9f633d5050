namespace Microsoft.ML.Grpo;

/// <summary>The supported families, by the <c>model_type</c> of config.json.</summary>
internal static class ModelFamilies
{
    public static IReadOnlyList<ModelFamily> All { get; } = [new LlamaFamily(), new Qwen2Family(), new Qwen3Family()];

    /// <summary>Reads config.json with the family that its <c>model_type</c> names.</summary>
    /// <exception cref="ModelFormatException">No such family, or the family refuses the file.</exception>
    public static ModelConfig Read(ConfigJson json)
    {
        var type = json.Text("model_type")
            ?? throw json.Error("model_type", $"is missing, so the architecture is unknown. Add it; supported are {Supported}.");
        var family = All.FirstOrDefault(family => family.ModelType == type)
            ?? throw json.Error("model_type", $"is '{type}', an architecture that is not supported; supported are {Supported}. Use a model of one of these families.");
        return family.Read(json);
    }

    /// <summary>Reads the bytes of a config.json; <paramref name="file"/> names it in errors.</summary>
    public static ModelConfig Read(string file, ReadOnlyMemory<byte> utf8) => Read(ConfigJson.Parse(file, utf8));

    private static string Supported => string.Join(", ", All.Select(family => family.ModelType));
}
