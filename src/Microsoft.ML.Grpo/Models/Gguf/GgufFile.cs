using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A GGUF file, read one tensor at a time: beside the tensor, no more than 8 MiB are in use. Not thread-safe.</summary>
internal sealed class GgufFile : IDisposable
{
    private const long StagingElements = 1 << 20; // 4 MiB as float32, and as much of stored bytes; a whole number of every type's blocks

    private readonly Stream _stream;
    private readonly GgufHeader _header;

    /// <summary>Reads and checks the header; the stream must be seekable and is disposed with the file.</summary>
    /// <exception cref="ModelFormatException">The file is damaged.</exception>
    public GgufFile(Stream stream, string file)
    {
        (_stream, File) = (stream, file);
        try
        {
            _header = GgufHeader.Read(stream, file);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The file's name, for errors.</summary>
    public string File { get; }

    public GgufMetadata Metadata => _header.Metadata;

    public IReadOnlyDictionary<string, GgufTensor> Tensors => _header.Tensors;

    /// <inheritdoc cref="GgufFile(Stream, string)"/>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static GgufFile Open(string path) => new(MappedFile.Open(path), path);

    /// <summary>Reads a tensor, dequantised if it is quantised. The caller owns it.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="type">The wanted type, a floating point one.</param>
    /// <param name="device">Where the tensor shall lie.</param>
    public Tensor Read(GgufTensor tensor, ScalarType type, Device device)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var result = empty([.. tensor.Shape], dtype: type, device: device);
        Fill(result.view(-1), tensor);
        return result.MoveToOuterDisposeScope();
    }

    public void Dispose() => _stream.Dispose();

    private void Fill(Tensor flat, GgufTensor tensor)
    {
        var most = Math.Min(tensor.Elements, StagingElements);
        using var staging = empty(most, dtype: ScalarType.Float32);
        using var blocks = empty(most / tensor.Type.BlockElements * tensor.Type.BlockBytes, dtype: ScalarType.Byte);
        _stream.Position = _header.DataStart + tensor.Begin;
        for (long done = 0; done < tensor.Elements; done += most)
        {
            var count = Math.Min(most, tensor.Elements - done);
            var bytes = blocks.bytes[..(int)(count / tensor.Type.BlockElements * tensor.Type.BlockBytes)];
            try
            {
                _stream.ReadExactly(bytes);
            }
            catch (EndOfStreamException exception)
            {
                throw new ModelFormatException(File, $"became shorter while tensor '{tensor.Name}' was read. Load it again when nothing writes to it.", exception);
            }

            tensor.Type.Dequantize(bytes, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(staging.bytes[..(int)(count * sizeof(float))]));
            using var piece = staging.narrow(0, 0, count);
            using var target = flat.narrow(0, done, count);
            target.copy_(piece);
        }
    }
}
