namespace Microsoft.ML.Grpo;

/// <summary>Finds the weights in a model directory; what lies there instead is named with its remedy.</summary>
internal static class WeightFile
{
    private static readonly string[] PickleEndings = [".bin", ".pt", ".pth", ".ckpt"];

    /// <summary>Opens the weights: one file, else the several that an index names.</summary>
    /// <exception cref="FileNotFoundException">No weights, or only in a form that is not read.</exception>
    /// <exception cref="ModelFormatException">A file is damaged.</exception>
    public static IWeightSource Open(string directory)
    {
        var index = Path.Combine(directory, SafetensorsIndex.FileName);
        return !File.Exists(Path.Combine(directory, ModelFiles.Weights)) && File.Exists(index) ? ShardedSafetensors.Open(index) : SafetensorsReader.Open(Find(directory));
    }

    /// <summary>The one file of weights.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string Find(string directory)
    {
        var path = Path.Combine(directory, ModelFiles.Weights);
        if (File.Exists(path))
        {
            return path;
        }

        return Directory.EnumerateFiles(directory).Where(IsPickle).OrderBy(file => !Path.GetFileName(file).StartsWith("pytorch_model", StringComparison.Ordinal)).ThenBy(file => file, StringComparer.Ordinal).FirstOrDefault() is { } pickle
            ? throw new FileNotFoundException($"'{directory}' holds its weights as {Path.GetFileName(pickle)}, {Pickle}", path)
            : throw ModelFiles.Missing(directory, ModelFiles.Weights);
    }

    /// <summary>Whether a file is weights as PyTorch's own <c>save</c> writes them, by its name.</summary>
    public static bool IsPickle(string path) => PickleEndings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Why such a file is not read, and what to do.</summary>
    public const string Pickle = "a Python pickle, which can run any code when it is read and is therefore not supported. Convert it: in Python, load the model and call save_pretrained(directory, safe_serialization=True).";
}
