using System.Text.RegularExpressions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Reads and writes the directories in which Hugging Face's PEFT keeps LoRA adapters.</summary>
internal static partial class PeftDirectory
{
    /// <summary>Reads an adapter for a network; attach it.</summary>
    /// <param name="directory">Holds adapter_config.json and adapter_model.safetensors.</param>
    /// <param name="network">The network; matrices get its dtype and device.</param>
    /// <param name="dropout">The adapter's dropout; null: what the directory says.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="FileNotFoundException">One of the files is missing.</exception>
    /// <exception cref="ModelFormatException">A file is damaged, asks for what is not supported, or does not fit the network.</exception>
    public static LoraAdapter Load(string directory, CausalLM network, double? dropout = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException($"Adapter directory '{directory}' does not exist. Give the path of a PEFT directory, with {PeftNames.Config} and {PeftNames.Weights}.");
        }

        var file = Find(directory, PeftNames.Config);
        var config = PeftConfig.Read(file, SmallFile.Read(file));
        using var reader = SafetensorsReader.Open(Find(directory, PeftNames.Weights));
        var layers = config.Layers(file, network);
        PeftWeights.Check(reader, network, layers, config.Settings.Rank);
        var settings = config.Settings with { Dropout = dropout ?? config.Settings.Dropout };
        return new(settings, network, PeftWeights.Read(reader, network, layers), config.BaseModel);
    }

    /// <summary>
    /// Writes a network's adapter. A directory that does not exist yet appears complete or not at all. In one that exists nothing
    /// changes until all is written and flushed; then the old config goes first and the new one comes last, so that a failure in
    /// between leaves no adapter that would load, rather than old matrices with a new scale. Other forms of its weights are removed.
    /// One that holds a model is refused, since loaders take the two for one.
    /// </summary>
    /// <param name="directory">The target; missing parents are made.</param>
    /// <param name="network">A network with an adapter.</param>
    /// <param name="storedAs">Type of the matrices on disk.</param>
    /// <exception cref="IOException">The disk is full, or the target is a file or holds a model; the target is as it was, unless the message says that files there are new and old.</exception>
    public static void Save(string directory, CausalLM network, ScalarType storedAs) =>
        Save(directory, network, storedAs, path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None));

    internal static void Save(string directory, CausalLM network, ScalarType storedAs, Func<string, Stream> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (File.Exists(Path.Combine(directory, ModelFiles.Config)))
        {
            throw new IOException(
                $"'{directory}' holds a model ({ModelFiles.Config}), and an adapter beside it would change what is loaded from there. Save the adapter to a directory of its own.");
        }

        AtomicDirectory.Write(directory, folder => Fill(folder, network, storedAs, create), Replace);
    }

    private static void Fill(string folder, CausalLM network, ScalarType storedAs, Func<string, Stream> create)
    {
        var adapter = network.Adapter!;
        AtomicFile.Write(Path.Combine(folder, PeftNames.Config), stream => stream.Write(PeftConfig.Write(adapter, network, adapter.BaseModel)), create);
        AtomicFile.Write(Path.Combine(folder, PeftNames.Weights), stream => SafetensorsWriter.Write(stream, adapter.Parameters, storedAs), create);
    }

    private static void Replace(string target, string folder)
    {
        File.Delete(Path.Combine(target, PeftNames.Config));
        AtomicDirectory.Delete(target, OtherWeights());
        AtomicDirectory.Replace(target, folder, [PeftNames.Weights, PeftNames.Config]);
    }

    private static string Find(string directory, string name)
    {
        if (ModelFolder.Find(directory, name) is { } path)
        {
            return path;
        }

        var pickled = name == PeftNames.Weights && File.Exists(Path.Combine(directory, "adapter_model.bin"));
        throw new FileNotFoundException(
            pickled
                ? $"'{directory}' holds its weights as adapter_model.bin, a Python pickle, which can run any code when it is read and is therefore not supported. Convert it: in Python, load the adapter and call save_pretrained(directory, safe_serialization=True)."
                : $"'{directory}' holds no {name}. Give the path of a PEFT directory, with {PeftNames.Config} and {PeftNames.Weights}.",
            Path.Combine(directory, name));
    }

    [GeneratedRegex(@"^adapter_model(\.bin|-\d{5}-of-\d{5}\.safetensors|\.safetensors\.index\.json)$", RegexOptions.CultureInvariant)]
    private static partial Regex OtherWeights();
}
