namespace Microsoft.ML.Grpo;

/// <summary>Finds the weights in a model directory; what lies there instead is named with its remedy.</summary>
internal static class WeightFile
{
    /// <exception cref="FileNotFoundException">No weights, or only in a form that is not read.</exception>
    public static string Find(string directory)
    {
        var path = Path.Combine(directory, ModelFiles.Weights);
        if (File.Exists(path))
        {
            return path;
        }

        var index = Path.Combine(directory, "model.safetensors.index.json");
        if (File.Exists(index))
        {
            throw new FileNotFoundException($"'{directory}' holds its weights in several files (model.safetensors.index.json), which is not supported yet. Save the model as one model.safetensors: in Python, save_pretrained(directory, max_shard_size=\"100GB\").", path);
        }

        if (Directory.EnumerateFiles(directory, "*.bin").Select(Path.GetFileName).FirstOrDefault(name => name!.StartsWith("pytorch_model", StringComparison.Ordinal)) is { } pickle)
        {
            throw new FileNotFoundException($"'{directory}' holds its weights as {pickle}, a Python pickle, which can run any code when it is read and is therefore not supported. Convert it: in Python, load the model and call save_pretrained(directory, safe_serialization=True).", path);
        }

        throw ModelFiles.Missing(directory, ModelFiles.Weights);
    }
}
