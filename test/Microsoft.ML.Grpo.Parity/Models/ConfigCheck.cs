namespace Microsoft.ML.Grpo.Parity;

/// <summary>The other spelling of config.json, where it lies beside, must describe the same model.</summary>
internal static class ConfigCheck
{
    private static readonly string[] OtherSpellings = ["config.v4.json", "config.v5.json"];

    public static void Run(string name, string directory, Report report)
    {
        var config = Read(directory, "config.json");
        foreach (var file in OtherSpellings.Where(file => File.Exists(Path.Combine(directory, file))))
        {
            var other = Read(directory, file);
            var same = config with { EosTokenIds = other.EosTokenIds } == other && config.EosTokenIds.SequenceEqual(other.EosTokenIds);
            report.Check($"{name} {file}", same, same ? "describes the same model" : $"describes {other}, config.json {config}");
        }
    }

    private static ModelConfig Read(string directory, string file)
    {
        var path = Path.Combine(directory, file);
        return ModelFamilies.Read(path, File.ReadAllBytes(path));
    }
}
