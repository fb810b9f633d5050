using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Writes Hugging Face model directories.</summary>
internal static partial class ModelDirectory
{
    /// <summary>
    /// Writes config.json, model.safetensors and the small files that the model was loaded with, so that Python's transformers
    /// loads the directory unchanged; an adapter is merged into the weights. A directory that does not exist yet appears complete or not at all. In one that exists
    /// each file is replaced whole, the weights last; kept files of another model (a chat template, say) are removed, and so are
    /// other forms of its weights, which a loader might take for these; files that no model has are left alone. Until all is written
    /// and flushed, nothing at the target changes; a failure after that leaves new files beside old ones. One that holds an adapter is
    /// refused: loaders would put that on top of the weights, and to remove it would lose it.
    /// </summary>
    /// <param name="directory">The target; missing parents are made.</param>
    /// <param name="network">The weights.</param>
    /// <param name="files">config.json, of which only the dtype is changed, and the tokenizer's files.</param>
    /// <param name="storedAs">Type of the weights on disk: Float32, Float16, BFloat16 or Float64.</param>
    /// <exception cref="IOException">The disk is full, or the target is a file or holds an adapter; the target is as it was, unless the message says that files there are new and old.</exception>
    public static void Save(string directory, CausalLM network, ModelFiles files, ScalarType storedAs) =>
        Save(directory, network, files, storedAs, path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None));

    internal static void Save(string directory, CausalLM network, ModelFiles files, ScalarType storedAs, Func<string, Stream> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (File.Exists(Path.Combine(directory, PeftNames.Config)))
        {
            throw new IOException(
                $"'{directory}' holds an adapter ({PeftNames.Config}), which loaders would put on top of the model that is saved beside it. "
                + $"Save to another directory, or take {PeftNames.Config} and {PeftNames.Weights} out first.");
        }

        AtomicDirectory.Write(directory, folder => Fill(folder, network, files, storedAs, create), Replace);
    }

    private static void Fill(string folder, CausalLM network, ModelFiles files, ScalarType storedAs, Func<string, Stream> create)
    {
        // Known names only: names from an archive could lead out of the folder.
        foreach (var name in ModelFiles.Known.Where(files.Contents.ContainsKey))
        {
            var bytes = files.Get(name);
            var content = name == ModelFiles.Config ? MergedModel.Config(network, StoredDtype.Set(files.PathOf(name), bytes, storedAs)) : bytes;
            AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(content), create);
        }

        AtomicFile.Write(Path.Combine(folder, ModelFiles.Weights), stream => MergedModel.WriteWeights(stream, network, storedAs), create);
    }

    private static void Replace(string target, string temporary)
    {
        AtomicDirectory.Replace(target, temporary, ModelFiles.Known.Append(ModelFiles.Weights));
        AtomicDirectory.Delete(target, OtherWeights());
    }

    // In shards, with their index, or as a pickle: transformers' names. Were they left, an index would name shards that are not this model's.
    [GeneratedRegex(@"^(model(-\d{5}-of-\d{5}\.safetensors|\.safetensors\.index\.json)|pytorch_model((-\d{5}-of-\d{5})?\.bin|\.bin\.index\.json))$", RegexOptions.CultureInvariant)]
    private static partial Regex OtherWeights();
}
