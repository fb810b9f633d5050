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
        var config = PeftConfig.Read(file, File.ReadAllBytes(file));
        using var reader = SafetensorsReader.Open(Find(directory, PeftNames.Weights));
        var layers = config.Layers(file, network);
        PeftWeights.Check(reader, network, layers, config.Settings.Rank);
        var settings = config.Settings with { Dropout = dropout ?? config.Settings.Dropout };
        return new(settings, network, PeftWeights.Read(reader, network, layers), config.BaseModel);
    }

    /// <summary>Writes a network's adapter: complete or not at all, as <see cref="AtomicDirectory"/> does. Other forms of its weights are removed.</summary>
    /// <param name="directory">The target; missing parents are made.</param>
    /// <param name="network">A network with an adapter.</param>
    /// <param name="storedAs">Type of the matrices on disk.</param>
    /// <exception cref="IOException">The disk is full, or the target is a file; the target is as it was.</exception>
    public static void Save(string directory, CausalLM network, ScalarType storedAs) =>
        Save(directory, network, storedAs, path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None));

    internal static void Save(string directory, CausalLM network, ScalarType storedAs, Func<string, Stream> create) => AtomicDirectory.Write(
        directory,
        folder =>
        {
            var adapter = network.Adapter!;
            AtomicFile.Write(Path.Combine(folder, PeftNames.Config), stream => stream.Write(PeftConfig.Write(adapter, network, adapter.BaseModel)), create);
            AtomicFile.Write(Path.Combine(folder, PeftNames.Weights), stream => SafetensorsWriter.Write(stream, adapter.Parameters, storedAs), create);
        },
        (target, folder) =>
        {
            AtomicDirectory.Replace(target, folder, [PeftNames.Config, PeftNames.Weights]);
            AtomicDirectory.Delete(target, OtherWeights());
        });

    private static string Find(string directory, string name)
    {
        var path = Path.Combine(directory, name);
        if (File.Exists(path))
        {
            return path;
        }

        var pickled = name == PeftNames.Weights && File.Exists(Path.Combine(directory, "adapter_model.bin"));
        throw new FileNotFoundException(
            pickled
                ? $"'{directory}' holds its weights as adapter_model.bin, a Python pickle, which can run any code when it is read and is therefore not supported. Convert it: in Python, load the adapter and call save_pretrained(directory, safe_serialization=True)."
                : $"'{directory}' holds no {name}. Give the path of a PEFT directory, with {PeftNames.Config} and {PeftNames.Weights}.",
            path);
    }

    [GeneratedRegex(@"^adapter_model(\.bin|-\d{5}-of-\d{5}\.safetensors|\.safetensors\.index\.json)$", RegexOptions.CultureInvariant)]
    private static partial Regex OtherWeights();
}
