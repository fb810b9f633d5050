using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Writes a model as a GGUF file, which llama.cpp loads as it is; an adapter is merged into the weights.</summary>
internal static class GgufExport
{
    /// <summary>Writes the file under a temporary name and renames it when it is whole.</summary>
    /// <param name="path">The file; missing parents are made.</param>
    /// <param name="network">The weights.</param>
    /// <param name="files">The tokenizer's files.</param>
    /// <param name="stopIds">All ids that end a completion.</param>
    /// <param name="options">Types and names.</param>
    /// <exception cref="NotSupportedException">llama.cpp's architecture, or the format, has no place for something in the model.</exception>
    /// <exception cref="IOException">The disk is full, or the place cannot be written to; what was there before is untouched.</exception>
    public static void Save(string path, CausalLM network, ModelFiles files, IReadOnlyList<int> stopIds, GgufOptions options) =>
        Save(path, network, files, stopIds, options, create: null);

    internal static void Save(string path, CausalLM network, ModelFiles files, IReadOnlyList<int> stopIds, GgufOptions options, Func<string, Stream>? create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var pairs = GgufModelPairs.Of(network.Config, files, stopIds, Path.GetFileNameWithoutExtension(path), options);
        Save(path, pairs, Tensors(network, options.Type.ToScalarType()), create);
    }

    /// <summary>Writes pairs and tensors as one file, or nothing.</summary>
    public static void Save(string path, GgufPairs pairs, IReadOnlyList<GgufOutput> tensors, Func<string, Stream>? create = null)
    {
        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
        {
            throw new IOException($"'{path}' is a directory. Give the name of a file, which by custom ends in {GgufModel.Extension}.");
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            AtomicFile.Write(path, stream => GgufWriter.Write(stream, pairs, tensors), create);
        }
        catch (Exception cause) when (SaveFailure.Is(cause))
        {
            throw SaveFailure.Of(path, untouched: true, cause);
        }
    }

    private static GgufOutput[] Tensors(CausalLM network, ScalarType type) =>
    [
        .. MergedModel.Tensors(network).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new GgufOutput(
            GgufNames.ToGguf(pair.Key) ?? throw GgufRefusal.OfModel($"the tensor '{pair.Key}', for which llama.cpp has no name"),
            pair.Value.shape,
            pair.Value.dim() > 1 ? type : ScalarType.Float32, // llama.cpp multiplies with matrices of any type, and adds float32 alone
            () => GgufRows.ToGguf(pair.Key, network.MergedWeight(pair.Key) ?? pair.Value, network.Config))),
    ];
}
