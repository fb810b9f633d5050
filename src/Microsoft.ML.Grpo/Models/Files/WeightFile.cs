namespace Microsoft.ML.Grpo;

/// <summary>Opens the weights of a model directory: one file, or several with an index. Where both are there it is the one, as in transformers.</summary>
internal static class WeightFile
{
    /// <exception cref="FileNotFoundException">No weights, not all of them, or only in a form that is not read; what lies there instead is named with its remedy.</exception>
    /// <exception cref="ModelFormatException">A file is damaged, or a link that leads out of the directory.</exception>
    public static IWeightSource Open(string directory)
    {
        if (ModelFolder.Find(directory, ModelFiles.Weights) is { } file)
        {
            return SafetensorsReader.Open(file);
        }

        if (ModelFolder.Find(directory, SafetensorsIndex.FileName) is { } index)
        {
            return ShardedSafetensors.Open(directory, SafetensorsIndex.Read(index));
        }

        if (Directory.EnumerateFiles(directory, "*" + GgufModel.Extension).Select(Path.GetFileName).Order(StringComparer.Ordinal).FirstOrDefault() is { } gguf)
        {
            throw new FileNotFoundException($"'{directory}' holds {ModelFiles.Config} without its weights, and {gguf}, a model of its own. Give the path of that file.", Path.Combine(directory, ModelFiles.Weights));
        }

        throw PickledWeights.Find(directory) is { } pickle ? PickledWeights.ErrorOf(directory, pickle) : ModelFiles.Missing(directory, ModelFiles.Weights);
    }
}
