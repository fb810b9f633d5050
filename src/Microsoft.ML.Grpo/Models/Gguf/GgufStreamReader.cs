using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>Reads a GGUF header piece by piece; whatever would reach beyond the file's end is an error that says which piece.</summary>
internal sealed class GgufStreamReader
{
    private const long LongestHeader = 1 << 27; // ten times what the largest vocabularies take
    private const string Remedy = "Download the file again.";

    private readonly BufferedStream _stream;
    private readonly long _length;

    public GgufStreamReader(Stream stream, string file)
    {
        stream.Position = 0;
        (_stream, File, _length) = (new BufferedStream(stream, 1 << 16), file, stream.Length);
    }

    /// <summary>The file's name, for errors.</summary>
    public string File { get; }

    public long Position { get; private set; }

    public ModelFormatException Error(string problem, string remedy = Remedy) => new(File, $"{problem}. {remedy}");

    public byte Byte(string what) => Bytes(1, what)[0];

    public ushort UInt16(string what) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2, what));

    public uint UInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4, what));

    public ulong UInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8, what));

    /// <summary>A number of 64 bits that must not exceed 2^63 - 1.</summary>
    public long Int64(string what) => UInt64(what) is var value && value <= long.MaxValue ? (long)value : throw Error($"{what} is {value}, too large for any file");

    /// <summary>How many things follow, each of which takes some bytes at least: no file can promise more than it holds.</summary>
    public long Count(string what, int atLeastBytes)
    {
        var count = UInt64(what);
        return count <= (ulong)(_length - Position) / (ulong)atLeastBytes
            ? (long)count
            : throw Error($"the {what} is {count}, more than the rest of the file can hold");
    }

    /// <param name="what">Its name, for errors.</param>
    /// <param name="most">Bytes that it may have.</param>
    public string Text(string what, long most = LongestHeader)
    {
        var length = Count($"length of {what}", atLeastBytes: 1);
        var bytes = length <= most ? Bytes(length, what) : throw Error($"{what} has {length} bytes, more than {most}");
        try
        {
            return StrictUtf8.Encoding.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Error($"{what} is not valid UTF-8");
        }
    }

    private byte[] Bytes(long count, string what)
    {
        if (count > _length - Position)
        {
            throw Error($"the file ends within {what}: it is cut short");
        }

        if (count > LongestHeader - Position)
        {
            throw Error($"the header has more than {LongestHeader} bytes up to {what}, which no vocabulary needs", "Use another model.");
        }

        var bytes = new byte[count];
        try
        {
            _stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException cause)
        {
            throw new ModelFormatException(File, $"became shorter while {what} was read. Load it again when nothing writes to it.", cause);
        }

        Position += count;
        return bytes;
    }
}
