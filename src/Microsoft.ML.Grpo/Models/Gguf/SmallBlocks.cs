using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.Grpo;

/// <summary>
/// GGML's blocks of 32 numbers with one scale, and for the <c>_1</c> types a minimum: q × scale, or q × scale + minimum. Low halves of
/// the 16 bytes are the numbers 0 to 15, high halves 16 to 31; the fifth bits of the Q5 types lie in a word of their own.
/// </summary>
[SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "GGML's names.")]
internal static class SmallBlocks
{
    private const int Size = 32, Half = 16;

    public static void Q4_0(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; values.Length > 0; blocks = blocks[18..], values = values[Size..])
        {
            Fill(blocks[2..18], fifth: 0, middle: 8, PlainBlocks.Half(blocks, 0), minimum: null, values);
        }
    }

    public static void Q4_1(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; values.Length > 0; blocks = blocks[20..], values = values[Size..])
        {
            Fill(blocks[4..20], fifth: 0, middle: 0, PlainBlocks.Half(blocks, 0), PlainBlocks.Half(blocks, 2), values);
        }
    }

    public static void Q5_0(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; values.Length > 0; blocks = blocks[22..], values = values[Size..])
        {
            Fill(blocks[6..22], BinaryPrimitives.ReadUInt32LittleEndian(blocks[2..]), middle: 16, PlainBlocks.Half(blocks, 0), minimum: null, values);
        }
    }

    public static void Q5_1(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; values.Length > 0; blocks = blocks[24..], values = values[Size..])
        {
            Fill(blocks[8..24], BinaryPrimitives.ReadUInt32LittleEndian(blocks[4..]), middle: 0, PlainBlocks.Half(blocks, 0), PlainBlocks.Half(blocks, 2), values);
        }
    }

    public static void Q8_0(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; values.Length > 0; blocks = blocks[34..], values = values[Size..])
        {
            var scale = PlainBlocks.Half(blocks, 0);
            for (var i = 0; i < Size; i++)
            {
                values[i] = scale * (sbyte)blocks[2 + i];
            }
        }
    }

    private static void Fill(ReadOnlySpan<byte> halves, uint fifth, int middle, float scale, float? minimum, Span<float> values)
    {
        for (var i = 0; i < Half; i++)
        {
            var low = (int)((halves[i] & 15u) | (((fifth >> i) & 1) << 4)) - middle;
            var high = (int)((uint)(halves[i] >> 4) | (((fifth >> (i + Half)) & 1) << 4)) - middle;
            (values[i], values[i + Half]) = minimum is { } m ? ((scale * low) + m, (scale * high) + m) : (scale * low, scale * high);
        }
    }
}
