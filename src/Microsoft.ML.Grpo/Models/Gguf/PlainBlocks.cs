using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Grpo;

/// <summary>Numbers that are stored one by one, little-endian. Every value of the small types is a float32, NaNs with their bits.</summary>
internal static class PlainBlocks
{
    public static void F32(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        blocks.CopyTo(MemoryMarshal.AsBytes(values));
        if (!BitConverter.IsLittleEndian)
        {
            var bits = MemoryMarshal.Cast<float, int>(values);
            BinaryPrimitives.ReverseEndianness(bits, bits);
        }
    }

    public static void F16(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Half(blocks, 2 * i);
        }
    }

    public static void BF16(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(blocks[(2 * i)..]) << 16);
        }
    }

    /// <summary>The float16 at a byte of a block.</summary>
    public static float Half(ReadOnlySpan<byte> block, int at) => (float)BinaryPrimitives.ReadHalfLittleEndian(block[at..]);
}
