using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The tensors of a model by their Hugging Face names, whatever files they lie in. Not thread-safe.</summary>
internal interface IWeightSource : IDisposable
{
    /// <summary>Name of the file, or of the one that lists the others; for errors.</summary>
    string File { get; }

    /// <summary>Name to shape.</summary>
    IReadOnlyDictionary<string, IReadOnlyList<long>> Shapes { get; }

    /// <summary>The type that most of the weights are stored in; float32 for those that are quantised.</summary>
    ScalarType StoredAs { get; }

    /// <summary>Reads a tensor of floating point numbers. The caller owns it.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">The wanted type, a floating point one; widening is exact.</param>
    /// <param name="device">Where the tensor shall lie.</param>
    /// <exception cref="ModelFormatException">No such tensor, it holds no floating point numbers, or the file has become shorter.</exception>
    Tensor Read(string name, ScalarType type, Device device);
}
