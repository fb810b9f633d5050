using System.Buffers.Binary;
using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The header of a safetensors file, checked in full before a tensor is read: eight bytes of length, then JSON that gives
/// each tensor's type, shape and place. Tensors must fill the rest of the file without hole or overlap, as the format asks.
/// </summary>
/// <param name="Entries">The tensors, in the order in which they lie in the file.</param>
/// <param name="Metadata">Free text that the writer left.</param>
/// <param name="DataStart">Where the first tensor begins, in bytes from the start of the file.</param>
/// <remarks>Source: the format's description in the safetensors repository, and its limit of 100 MB for a header.</remarks>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata, long DataStart)
{
    private const int LengthBytes = 8;
    private const ulong LongestHeader = 100_000_000;
    private const string Remedy = "Download the file again.";

    /// <summary>Reads and checks the header; leaves the stream at an unspecified position.</summary>
    /// <exception cref="ModelFormatException">The file is cut short, contradicts itself, or holds an unsupported type.</exception>
    public static SafetensorsHeader Read(Stream stream, string file)
    {
        if (stream.Length < LengthBytes)
        {
            throw new ModelFormatException(file, $"has {stream.Length} bytes, too few for a safetensors header. {Remedy}");
        }

        stream.Position = 0;
        Span<byte> prefix = stackalloc byte[LengthBytes];
        stream.ReadExactly(prefix);
        if (prefix.StartsWith(FileStart.Gguf))
        {
            throw new ModelFormatException(file, "is a GGUF file, and no safetensors one. Give its own path as the model's.");
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        var rest = stream.Length - LengthBytes;
        if (length > (ulong)rest)
        {
            throw new ModelFormatException(file, $"the header should have {length} bytes, but the file has only {rest} after its first 8: it is cut short or not a safetensors file. {Remedy}");
        }

        if (length > LongestHeader)
        {
            throw new ModelFormatException(file, $"the header has {length} bytes, more than the format's limit of {LongestHeader}. {Remedy}");
        }

        var json = new byte[(int)length];
        stream.ReadExactly(json);
        return Parse(json, file, rest - (long)length, LengthBytes + (long)length);
    }

    private static SafetensorsHeader Parse(byte[] json, string file, long dataBytes, long dataStart)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new ModelFormatException(file, $"the header is not a JSON object. {Remedy}");
            }

            var names = new HashSet<string>(StringComparer.Ordinal);
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            var entries = new List<SafetensorsEntry>();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!names.Add(property.Name))
                {
                    throw new ModelFormatException(file, $"'{property.Name}' appears twice in the header. {Remedy}");
                }

                if (property.Name == "__metadata__")
                {
                    SafetensorsEntryJson.ReadMetadata(file, property.Value, metadata);
                    continue;
                }

                entries.Add(SafetensorsEntryJson.Read(file, property.Name, property.Value, dataBytes));
            }

            return new(Contiguous(file, entries, dataBytes), metadata, dataStart);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not valid UTF-16 after unescaping.
            throw new ModelFormatException(file, $"the header is not valid JSON ({exception.Message}) {Remedy}", exception);
        }
    }

    private static List<SafetensorsEntry> Contiguous(string file, List<SafetensorsEntry> entries, long dataBytes)
    {
        // Stable order for empty tensors, whose begin another tensor shares.
        var sorted = entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End).ToList();
        long end = 0;
        var before = "the header";
        foreach (var entry in sorted)
        {
            if (entry.Begin != end)
            {
                var fault = entry.Begin < end ? $"overlaps {before}, which ends at byte {end}" : $"leaves a hole after {before}, which ends at byte {end}";
                throw new ModelFormatException(file, $"tensor '{entry.Name}' begins at byte {entry.Begin} and {fault}. {Remedy}");
            }

            (end, before) = (entry.End, $"tensor '{entry.Name}'");
        }

        return end == dataBytes
            ? sorted
            : throw new ModelFormatException(file, $"holds {dataBytes} bytes of tensors, but the header describes {end}. {Remedy}");
    }
}
