namespace Microsoft.ML.Grpo;

/// <summary>
/// GGML's super-blocks of 256 numbers: 16 groups of 16 (Q2_K, Q3_K, Q6_K) or 8 of 32 (Q4_K, Q5_K), each with a small whole scale, and for
/// some a minimum, that are multiplied with one float16 for all. A number is (scale × group's scale) × q − (scale of minima × group's minimum).
/// </summary>
internal static class SuperBlocks
{
    private const int Size = 256;

    public static void Q2K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; values.Length > 0; blocks = blocks[84..], values = values[Size..])
        {
            var scales = blocks[..16];
            var bits = blocks[16..80];
            var (d, m) = (PlainBlocks.Half(blocks, 80), PlainBlocks.Half(blocks, 82));
            for (var i = 0; i < Size; i++)
            {
                var scale = scales[i / 16];
                values[i] = (d * (scale & 15) * TwoBits(bits, i)) - (m * (scale >> 4));
            }
        }
    }

    public static void Q3K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        Span<sbyte> scales = stackalloc sbyte[16];
        for (; values.Length > 0; blocks = blocks[110..], values = values[Size..])
        {
            var third = blocks[..32];
            var bits = blocks[32..96];
            var packed = blocks[96..108];
            var d = PlainBlocks.Half(blocks, 108);
            for (var g = 0; g < 16; g++)
            {
                // Four bits of group g and g + 8 share a byte of the first eight, two bits of four groups one of the last four.
                scales[g] = (sbyte)((((packed[g % 8] >> (g / 8 * 4)) & 15) | (((packed[8 + (g % 4)] >> (g / 4 * 2)) & 3) << 4)) - 32);
            }

            for (var i = 0; i < Size; i++)
            {
                var set = (third[i % 32] >> (i / 32)) & 1;
                values[i] = d * scales[i / 16] * (TwoBits(bits, i) - (4 * (1 - set)));
            }
        }
    }

    public static void Q4K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; values.Length > 0; blocks = blocks[144..], values = values[Size..])
        {
            var packed = blocks[4..16];
            var halves = blocks[16..144];
            var (d, m) = (PlainBlocks.Half(blocks, 0), PlainBlocks.Half(blocks, 2));
            for (var i = 0; i < Size; i++)
            {
                var (scale, minimum) = ScaleAndMinimum(packed, i / 32);
                values[i] = (d * scale * FourBits(halves, i)) - (m * minimum);
            }
        }
    }

    public static void Q5K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; values.Length > 0; blocks = blocks[176..], values = values[Size..])
        {
            var packed = blocks[4..16];
            var fifth = blocks[16..48];
            var halves = blocks[48..176];
            var (d, m) = (PlainBlocks.Half(blocks, 0), PlainBlocks.Half(blocks, 2));
            for (var i = 0; i < Size; i++)
            {
                var (scale, minimum) = ScaleAndMinimum(packed, i / 32);
                values[i] = (d * scale * (FourBits(halves, i) | (((fifth[i % 32] >> (i / 32)) & 1) << 4))) - (m * minimum);
            }
        }
    }

    public static void Q6K(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; values.Length > 0; blocks = blocks[210..], values = values[Size..])
        {
            var low = blocks[..128];
            var high = blocks[128..192];
            var scales = blocks[192..208];
            var d = PlainBlocks.Half(blocks, 208);
            for (var i = 0; i < Size; i++)
            {
                // 64 bytes hold the low four bits of 128 numbers, the first 64 of them in the low halves.
                var four = (low[(i / 128 * 64) + (i % 64)] >> (i / 64 % 2 * 4)) & 15;
                values[i] = d * (sbyte)scales[i / 16] * ((four | (TwoBits(high, i) << 4)) - 32);
            }
        }
    }

    /// <summary>32 bytes hold two bits each of 128 numbers: the first 32 in the lowest bits.</summary>
    private static int TwoBits(ReadOnlySpan<byte> bits, int i) => (bits[(i / 128 * 32) + (i % 32)] >> (i / 32 % 4 * 2)) & 3;

    /// <summary>32 bytes hold four bits each of 64 numbers: the first 32 in the low halves.</summary>
    private static int FourBits(ReadOnlySpan<byte> halves, int i) => (halves[(i / 64 * 32) + (i % 32)] >> (i / 32 % 2 * 4)) & 15;

    /// <summary>Eight scales and eight minima of six bits in twelve bytes: those of the first four groups in one byte each, whose two spare bits belong to the other four.</summary>
    private static (int Scale, int Minimum) ScaleAndMinimum(ReadOnlySpan<byte> packed, int group)
    {
        if (group < 4)
        {
            return (packed[group] & 63, packed[group + 4] & 63);
        }

        var rest = packed[group + 4];
        return ((rest & 15) | (packed[group - 4] >> 6 << 4), (rest >> 4) | (packed[group] >> 6 << 4));
    }
}
