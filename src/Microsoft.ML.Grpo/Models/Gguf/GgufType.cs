using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Turns whole blocks into numbers.</summary>
/// <param name="blocks">The stored bytes.</param>
/// <param name="values">As many numbers as the blocks hold.</param>
internal delegate void Dequantizer(ReadOnlySpan<byte> blocks, Span<float> values);

/// <summary>A GGML type: how the numbers of a tensor are stored.</summary>
/// <param name="Id">Its number in a file.</param>
/// <param name="Name">GGML's name for it.</param>
/// <param name="BlockElements">Numbers in a block; divides the length of a row.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="Dequantize">Exact: product and sum are rounded one after the other, as GGML's Python package does.</param>
internal sealed record GgufType(uint Id, string Name, int BlockElements, int BlockBytes, Dequantizer Dequantize)
{
    public const uint F32 = 0, F16 = 1, BF16 = 30;

    private static readonly GgufType[] Known =
    [
        new(F32, "F32", 1, 4, PlainBlocks.F32),
        new(F16, "F16", 1, 2, PlainBlocks.F16),
        new(2, "Q4_0", 32, 18, SmallBlocks.Q4_0),
        new(3, "Q4_1", 32, 20, SmallBlocks.Q4_1),
        new(6, "Q5_0", 32, 22, SmallBlocks.Q5_0),
        new(7, "Q5_1", 32, 24, SmallBlocks.Q5_1),
        new(8, "Q8_0", 32, 34, SmallBlocks.Q8_0),
        new(10, "Q2_K", 256, 84, SuperBlocks.Q2K),
        new(11, "Q3_K", 256, 110, SuperBlocks.Q3K),
        new(12, "Q4_K", 256, 144, SuperBlocks.Q4K),
        new(13, "Q5_K", 256, 176, SuperBlocks.Q5K),
        new(14, "Q6_K", 256, 210, SuperBlocks.Q6K),
        new(BF16, "BF16", 1, 2, PlainBlocks.BF16),
    ];

    /// <summary>Whether numbers are stored one by one.</summary>
    public bool IsPlain => BlockElements == 1;

    public static string Supported => string.Join(", ", Known.Select(type => type.Name));

    /// <summary>The number of the type that holds these numbers one by one.</summary>
    public static uint IdOf(ScalarType type) => type switch
    {
        ScalarType.Float16 => F16,
        ScalarType.BFloat16 => BF16,
        _ => F32,
    };

    public static GgufType? Find(uint id) => Known.FirstOrDefault(type => type.Id == id);
}
