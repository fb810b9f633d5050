using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Writes Hugging Face model directories.</summary>
internal static partial class ModelDirectory
{
    /// <summary>
    /// Writes config.json, model.safetensors and the small files that the model was loaded with, so that Python's transformers
    /// loads the directory unchanged. A directory that does not exist yet appears complete or not at all. In one that exists
    /// each file is replaced whole, the weights last; kept files of another model (a chat template, say) are removed, and so are
    /// other forms of its weights, which a loader might take for these; files that no model has are left alone. Until all is written and flushed, nothing at the target changes.
    /// </summary>
    /// <param name="directory">The target; missing parents are made.</param>
    /// <param name="network">The weights.</param>
    /// <param name="files">config.json, of which only the dtype is changed, and the tokenizer's files.</param>
    /// <param name="storedAs">Type of the weights on disk: Float32, Float16, BFloat16 or Float64.</param>
    /// <exception cref="IOException">The disk is full, or the target is a file; the target is as it was.</exception>
    public static void Save(string directory, CausalLM network, ModelFiles files, ScalarType storedAs) =>
        Save(directory, network, files, storedAs, path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None));

    internal static void Save(string directory, CausalLM network, ModelFiles files, ScalarType storedAs, Func<string, Stream> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        if (File.Exists(target))
        {
            throw new IOException($"'{directory}' is a file. Give a directory to save the model in.");
        }

        // Inside an existing target, since what a link points to may lie on another disk, where a rename is a copy.
        var exists = Directory.Exists(target);
        var replacing = false;
        var temporary = $"{(exists ? target + Path.DirectorySeparatorChar : target)}.saving-{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(temporary);
            Fill(temporary, network, files, storedAs, create);
            if (exists)
            {
                replacing = true;
                Replace(target, temporary);
            }
            else
            {
                Directory.Move(temporary, target);
            }
        }
        catch (Exception cause) when (SaveFailure.Is(cause))
        {
            throw SaveFailure.Of(directory, untouched: !replacing, cause);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private static void Fill(string folder, CausalLM network, ModelFiles files, ScalarType storedAs, Func<string, Stream> create)
    {
        // Known names only: names from an archive could lead out of the folder.
        foreach (var name in ModelFiles.Known.Where(files.Contents.ContainsKey))
        {
            var bytes = files.Get(name);
            var content = name == ModelFiles.Config ? StoredDtype.Set(files.PathOf(name), bytes, storedAs) : bytes;
            AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(content), create);
        }

        AtomicFile.Write(Path.Combine(folder, ModelFiles.Weights), stream => SafetensorsWriter.Write(stream, network.Parameters, storedAs), create);
    }

    private static void Replace(string target, string temporary)
    {
        foreach (var name in ModelFiles.Known.Append(ModelFiles.Weights))
        {
            var written = Path.Combine(temporary, name);
            if (File.Exists(written))
            {
                File.Move(written, Path.Combine(target, name), overwrite: true);
            }
            else
            {
                File.Delete(Path.Combine(target, name));
            }
        }

        foreach (var stale in Directory.EnumerateFiles(target).Where(path => OtherWeights().IsMatch(Path.GetFileName(path))).ToArray())
        {
            File.Delete(stale);
        }
    }

    /// <summary>A text with the target in place of the temporary directory.</summary>
    internal static string WithoutTemporaryNames(string text) => TemporaryName().Replace(text, string.Empty);

    [GeneratedRegex(@"[/\\]?\.saving-[0-9a-f]{32}")]
    private static partial Regex TemporaryName();

    // In shards, with their index, or as a pickle: transformers' names. Were they left, an index would name shards that are not this model's.
    [GeneratedRegex(@"^(model(-\d{5}-of-\d{5}\.safetensors|\.safetensors\.index\.json)|pytorch_model((-\d{5}-of-\d{5})?\.bin|\.bin\.index\.json))$", RegexOptions.CultureInvariant)]
    private static partial Regex OtherWeights();
}
