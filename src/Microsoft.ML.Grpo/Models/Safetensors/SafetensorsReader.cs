using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A safetensors file, mapped into memory and read one tensor at a time straight into the tensor's memory: beside the model, no more
/// than 16 MiB are in use. Not thread-safe.
/// </summary>
internal sealed class SafetensorsReader : IWeightSource
{
    private const long StagingBytes = 16 << 20;

    private readonly Stream _stream;
    private readonly SafetensorsHeader _header;
    private readonly Dictionary<string, SafetensorsEntry> _entries;

    /// <summary>Reads and checks the header; the stream must be seekable and is disposed with the reader.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <exception cref="ModelFormatException">The file is damaged.</exception>
    public SafetensorsReader(Stream stream, string file)
    {
        _stream = stream;
        File = file;
        try
        {
            _header = SafetensorsHeader.Read(stream, file);
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        _entries = _header.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        Shapes = _entries.ToDictionary(pair => pair.Key, pair => pair.Value.Shape, StringComparer.Ordinal);
    }

    /// <summary>The file's name, for errors.</summary>
    public string File { get; }

    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    public IReadOnlyDictionary<string, IReadOnlyList<long>> Shapes { get; }

    public ScalarType StoredAs => SafetensorsDtype.MostOf(_header.Entries);

    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <inheritdoc cref="SafetensorsReader(Stream, string)"/>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SafetensorsReader Open(string path) =>
        new(MappedFile.Open(path), path);

    /// <summary>Reads a tensor with the type it has in the file, onto the CPU. The caller owns it.</summary>
    public Tensor Read(string name) => Read(name, null, CPU);

    /// <summary>Reads a tensor of floating point numbers as <paramref name="type"/>. The caller owns it.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">The wanted type, a floating point one; widening is exact.</param>
    /// <param name="device">Where the tensor shall lie.</param>
    /// <exception cref="ModelFormatException">No such tensor, it holds no floating point numbers, or the file has become shorter.</exception>
    public Tensor Read(string name, ScalarType type, Device device) => Read(name, (ScalarType?)type, device);

    public void Dispose() => _stream.Dispose();

    private Tensor Read(string name, ScalarType? wanted, Device device)
    {
        if (!_entries.TryGetValue(name, out var entry))
        {
            throw new ModelFormatException(File, $"holds no tensor '{name}'. Use a complete file.");
        }

        if (wanted is not null && !SafetensorsDtype.IsFloat(entry.Type))
        {
            throw new ModelFormatException(File, $"tensor '{name}' is stored as {SafetensorsDtype.Name(entry.Type)}, not as floating point numbers. Use a model whose weights are F32, F16, BF16 or F64.");
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var result = empty([.. entry.Shape], dtype: wanted ?? entry.Type, device: device);
        Fill(result.view(-1), entry);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Copies piece by piece through a small tensor of the stored type: copy_ widens and changes device.</summary>
    private void Fill(Tensor flat, SafetensorsEntry entry)
    {
        // A byte of BOOL other than 0 and 1 would be an invalid bool; as a number it is just true.
        var stored = entry.Type == ScalarType.Bool ? ScalarType.Byte : entry.Type;
        var size = SafetensorsDtype.Size(stored);
        var most = Math.Min(entry.Elements, StagingBytes / size);
        using var staging = empty(most, dtype: stored);
        _stream.Position = _header.DataStart + entry.Begin;
        for (long done = 0; done < entry.Elements; done += most)
        {
            var count = Math.Min(most, entry.Elements - done);
            try
            {
                _stream.ReadExactly(staging.bytes[..(int)(count * size)]);
            }
            catch (EndOfStreamException exception)
            {
                throw new ModelFormatException(File, $"became shorter while tensor '{entry.Name}' was read. Load it again when nothing writes to it.", exception);
            }

            using var piece = staging.narrow(0, 0, count);
            using var target = flat.narrow(0, done, count);
            target.copy_(piece);
        }
    }
}
