using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Reads a 64-bit little-endian ELF file from memory, never outside its bounds. Only what versioned symbols need; the
/// layouts are those of the System V ABI and of the Linux Standard Base (symbol versioning).
/// </summary>
internal sealed class ElfImage
{
    internal const uint DynamicSection = 6;
    internal const uint DynamicSymbols = 11;
    internal const uint VersionDefinitions = 0x6ffffffd;
    internal const uint VersionNeeds = 0x6ffffffe;
    internal const uint SymbolVersions = 0x6fffffff;

    private readonly byte[] _bytes;
    private readonly string _name;
    private readonly Section[] _sections;

    /// <param name="bytes">The whole file; kept, not copied.</param>
    /// <param name="name">Its name, for errors.</param>
    /// <exception cref="BadImageFormatException">It is not such a file, or is damaged.</exception>
    internal ElfImage(byte[] bytes, string name)
    {
        _bytes = bytes;
        _name = name;
        ReadOnlySpan<byte> magic = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        if (!bytes.AsSpan().StartsWith(magic))
        {
            throw Bad("it is not a 64-bit little-endian ELF file");
        }

        var table = U64(0x28);
        var size = U16(0x3A);
        _sections = [.. Enumerable.Range(0, U16(0x3C)).Select(i => new Section(
            U32(table + ((long)i * size) + 0x04),
            U64(table + ((long)i * size) + 0x18),
            U64(table + ((long)i * size) + 0x20),
            U32(table + ((long)i * size) + 0x28)))];
    }

    /// <summary>A section: its type, place, length, and the section that it refers to.</summary>
    internal readonly record struct Section(uint Type, long Offset, long Length, uint Link);

    /// <summary>The first section of a type, which lies within the file; <see langword="null"/>: none.</summary>
    internal Section? Find(uint type)
    {
        foreach (var section in _sections.Where(section => section.Type == type))
        {
            _ = Span(section.Offset, section.Length);
            return section;
        }

        return null;
    }

    /// <summary>The libraries that this one asks for (<c>DT_NEEDED</c>), in order.</summary>
    internal IEnumerable<string> NeededLibraries()
    {
        if (Find(DynamicSection) is not { } section)
        {
            yield break;
        }

        for (var at = section.Offset; at < section.Offset + section.Length; at += 16)
        {
            if (U64(at) == 1)
            {
                yield return Text(section, U64(at + 8));
            }
        }
    }

    internal ushort U16(long at) => BinaryPrimitives.ReadUInt16LittleEndian(Span(at, sizeof(ushort)));

    internal uint U32(long at) => BinaryPrimitives.ReadUInt32LittleEndian(Span(at, sizeof(uint)));

    /// <summary>An unsigned number that fits 63 bits, as every offset in a real file does.</summary>
    internal long U64(long at) => BinaryPrimitives.ReadInt64LittleEndian(Span(at, sizeof(long))) is >= 0 and var value
        ? value
        : throw Bad($"the number at offset {at} is out of range");

    /// <summary>A string of the string table that a section refers to.</summary>
    internal string Text(Section section, long index)
    {
        var strings = section.Link < _sections.Length ? _sections[section.Link] : throw Bad($"section {section.Link} does not exist");
        var bytes = Span(strings.Offset, strings.Length);
        var end = index < bytes.Length ? bytes[(int)index..].IndexOf((byte)0) : -1;
        return end >= 0 ? Encoding.ASCII.GetString(bytes.Slice((int)index, end)) : throw Bad($"string {index} does not exist or does not end");
    }

    internal BadImageFormatException Bad(string reason) => new($"'{_name}' cannot be read: {reason}. Restore the package that it came from.");

    private ReadOnlySpan<byte> Span(long at, long length) => at >= 0 && length >= 0 && at <= _bytes.Length - length
        ? _bytes.AsSpan((int)at, (int)length)
        : throw Bad($"{length} bytes at offset {at} lie outside its {_bytes.Length}");
}
