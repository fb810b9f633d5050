using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The tensors of a GGUF model by their Hugging Face names and in Hugging Face's order. To be put into it, q and k of a llama are in memory twice.</summary>
internal sealed class GgufWeights : IWeightSource
{
    private readonly GgufFile _gguf;
    private readonly ModelConfig _config;
    private readonly Dictionary<string, GgufTensor> _tensors = new(StringComparer.Ordinal);

    /// <param name="gguf">The file; disposed with this object.</param>
    /// <param name="config">The shape that its metadata describes.</param>
    /// <exception cref="ModelFormatException">It holds a tensor that is no part of such a model.</exception>
    public GgufWeights(GgufFile gguf, ModelConfig config)
    {
        (_gguf, _config) = (gguf, config);
        foreach (var (name, tensor) in gguf.Tensors)
        {
            if (GgufNames.ToHuggingFace(name) is not { } translated)
            {
                gguf.Dispose();
                throw new ModelFormatException(File, $"holds the tensor '{name}', which is no part of a {config.ModelType} as llama.cpp names them, and leaving it out could change the results. Use another model.");
            }

            _tensors.Add(translated, tensor);
        }

        Shapes = _tensors.ToDictionary(pair => pair.Key, pair => pair.Value.Shape, StringComparer.Ordinal);
    }

    public string File => _gguf.File;

    public IReadOnlyDictionary<string, IReadOnlyList<long>> Shapes { get; }

    public ScalarType StoredAs => TypeOf(_gguf);

    /// <summary>The type that most of a file's matrices are stored in; float32 if that is a quantised one.</summary>
    public static ScalarType TypeOf(GgufFile gguf) => gguf.Tensors.Values.Where(tensor => tensor.Shape.Count > 1).GroupBy(tensor => tensor.Type.Id).MaxBy(group => group.Sum(tensor => tensor.Elements))?.Key switch
    {
        GgufType.F16 => ScalarType.Float16,
        GgufType.BF16 => ScalarType.BFloat16,
        _ => ScalarType.Float32,
    };

    public Tensor Read(string name, ScalarType type, Device device)
    {
        if (!_tensors.TryGetValue(name, out var stored))
        {
            throw new ModelFormatException(File, $"holds no tensor '{name}'. Use a complete file.");
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return GgufRows.ToHuggingFace(name, _gguf.Read(stored, type, device), _config).MoveToOuterDisposeScope();
    }

    public void Dispose() => _gguf.Dispose();
}
