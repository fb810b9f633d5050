namespace Microsoft.ML.Grpo;

/// <summary>The header of a GGUF file, checked in full before a tensor is read: metadata, then each tensor's type, shape and place.</summary>
/// <param name="Metadata">The key-value pairs.</param>
/// <param name="Tensors">The tensors by name, in the file's order.</param>
/// <param name="DataStart">Where the data begins, in bytes from the start of the file.</param>
/// <remarks>Source: the description of the format, versions 2 and 3, in the ggml repository (docs/gguf.md).</remarks>
internal sealed record GgufHeader(GgufMetadata Metadata, OrderedDictionary<string, GgufTensor> Tensors, long DataStart)
{
    public const uint Magic = 0x46554747; // GGUF
    public const uint Version = 3;
    public const string AlignmentKey = "general.alignment";
    public const int DefaultAlignment = 32;

    private const int MostDimensions = 4;
    private const int LongestName = 64; // of a tensor; the format's own limit

    /// <summary>Reads and checks the header; leaves the stream at an unspecified position.</summary>
    /// <exception cref="ModelFormatException">The file is cut short, contradicts itself, or holds an unsupported type.</exception>
    public static GgufHeader Read(Stream stream, string file)
    {
        var reader = new GgufStreamReader(stream, file);
        if (reader.UInt32("the magic number") != Magic)
        {
            throw new ModelFormatException(file, "is not a GGUF file: it does not begin with 'GGUF'. Download the file again.");
        }

        var version = reader.UInt32("the version");
        if (version is not (2 or Version))
        {
            throw new ModelFormatException(file, version > 0 && (version & 0xFFFF) == 0
                ? "is a big-endian GGUF file, which is not supported. Use a little-endian one."
                : $"is GGUF of version {version}; supported are 2 and 3. Convert the model again with a current llama.cpp.");
        }

        // A tensor takes 24 bytes of header at least, a pair 13.
        var tensorCount = reader.Count("number of tensors", atLeastBytes: 24);
        var pairCount = reader.Count("number of metadata pairs", atLeastBytes: 13);
        var metadata = GgufMetadata.Read(reader, pairCount);
        var alignment = metadata.Whole(AlignmentKey) ?? DefaultAlignment;
        if (alignment is < 8 or > 1 << 20 || alignment % 8 != 0)
        {
            throw metadata.Error(AlignmentKey, $"is {alignment}, not a multiple of 8 up to {1 << 20}");
        }

        var tensors = new OrderedDictionary<string, GgufTensor>(StringComparer.Ordinal);
        for (long i = 0; i < tensorCount; i++)
        {
            var tensor = Tensor(reader, alignment);
            if (!tensors.TryAdd(tensor.Name, tensor))
            {
                throw reader.Error($"tensor '{tensor.Name}' appears twice");
            }
        }

        var start = (reader.Position + alignment - 1) / alignment * alignment;
        CheckPlaces(reader, tensors.Values, stream.Length - start);
        return new(metadata, tensors, start);
    }

    private static GgufTensor Tensor(GgufStreamReader reader, long alignment)
    {
        var name = reader.Text("a tensor's name", LongestName);
        var dimensions = reader.UInt32($"the dimensions of tensor '{name}'");
        if (dimensions > MostDimensions)
        {
            throw reader.Error($"tensor '{name}' has {dimensions} dimensions, more than {MostDimensions}");
        }

        var shape = new long[dimensions];
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            shape[i] = reader.Int64($"the shape of tensor '{name}'");
        }

        var id = reader.UInt32($"the type of tensor '{name}'");
        var type = GgufType.Find(id)
            ?? throw reader.Error($"tensor '{name}' has the GGML type {id}, which is not supported; supported are {GgufType.Supported}", "Use a file of another quantisation.");
        var begin = reader.Int64($"the place of tensor '{name}'");
        if (begin % alignment != 0)
        {
            throw reader.Error($"tensor '{name}' begins at byte {begin}, which is no multiple of the alignment of {alignment}");
        }

        return new(name, type, shape, begin, Bytes(reader, name, type, shape));
    }

    private static long Bytes(GgufStreamReader reader, string name, GgufType type, long[] shape)
    {
        // 128 bits, and stopped as soon as it cannot fit any file, so that no product of sizes overflows unseen.
        var elements = (Int128)1;
        foreach (var size in shape.Contains(0) ? [0] : shape)
        {
            elements *= size;
            if (elements > long.MaxValue / 4)
            {
                throw reader.Error($"tensor '{name}' has shape [{string.Join(", ", shape)}], too large for any file");
            }
        }

        var row = shape.Length == 0 ? 1 : shape[^1];
        return row % type.BlockElements == 0
            ? (long)(elements / type.BlockElements) * type.BlockBytes
            : throw reader.Error($"tensor '{name}' has rows of {row} numbers, but {type.Name} stores blocks of {type.BlockElements}");
    }

    private static void CheckPlaces(GgufStreamReader reader, IEnumerable<GgufTensor> tensors, long dataBytes)
    {
        GgufTensor? before = null;
        foreach (var tensor in tensors.OrderBy(tensor => tensor.Begin).ThenBy(tensor => tensor.Bytes))
        {
            if (tensor.Begin > dataBytes || tensor.Bytes > dataBytes - tensor.Begin)
            {
                throw reader.Error($"tensor '{tensor.Name}' takes {tensor.Bytes} bytes from byte {tensor.Begin}, but the file holds {Math.Max(0, dataBytes)} bytes of tensors: it is cut short");
            }

            if (before is not null && tensor.Begin < before.Begin + before.Bytes)
            {
                throw reader.Error($"tensor '{tensor.Name}' begins at byte {tensor.Begin} and overlaps tensor '{before.Name}', which ends at byte {before.Begin + before.Bytes}");
            }

            before = tensor;
        }
    }
}
