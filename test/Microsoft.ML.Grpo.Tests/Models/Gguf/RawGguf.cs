using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The metadata of a GGUF file as bytes, so that two files can be compared type and all; read by nothing of the library's.</summary>
internal static class RawGguf
{
    /// <summary>Each key with the bytes of its type and value, in the file's order.</summary>
    public static OrderedDictionary<string, byte[]> Pairs(string path)
    {
        using var stream = File.OpenRead(path);
        return Pairs(stream);
    }

    /// <inheritdoc cref="Pairs(string)"/>
    public static OrderedDictionary<string, byte[]> Pairs(Stream stream)
    {
        stream.Position = 0;
        var reader = new Reader(stream);
        reader.Take(16); // magic, version, number of tensors
        var pairs = new OrderedDictionary<string, byte[]>();
        for (var count = BinaryPrimitives.ReadUInt64LittleEndian(reader.Take(8)); count > 0; count--)
        {
            var key = Encoding.UTF8.GetString(reader.Text());
            reader.Taken.Clear();
            reader.Value(reader.Number());
            pairs.Add(key, [.. reader.Taken]);
        }

        return pairs;
    }

    /// <summary>Pairs as a file without tensors has them.</summary>
    public static OrderedDictionary<string, byte[]> Pairs(GgufPairs pairs)
    {
        using var stream = Stream(pairs);
        return Pairs(stream);
    }

    /// <summary>A file without tensors.</summary>
    public static MemoryStream Stream(GgufPairs pairs)
    {
        var stream = new MemoryStream();
        GgufWriter.Write(stream, pairs, []);
        return stream;
    }

    private sealed class Reader(Stream stream)
    {
        public List<byte> Taken { get; } = [];

        public byte[] Take(int count)
        {
            var bytes = new byte[count];
            stream.ReadExactly(bytes);
            Taken.AddRange(bytes);
            return bytes;
        }

        public int Number() => (int)BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

        public byte[] Text() => Take((int)BinaryPrimitives.ReadUInt64LittleEndian(Take(8)));

        public void Value(int type)
        {
            switch (type)
            {
                case 8:
                    Text();
                    break;
                case 9:
                    var items = Number();
                    for (var count = BinaryPrimitives.ReadUInt64LittleEndian(Take(8)); count > 0; count--)
                    {
                        Value(items);
                    }

                    break;
                default:
                    Take(type switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, _ => 8 });
                    break;
            }
        }
    }
}
