using System.Buffers;
using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>The pieces of a GGUF header in memory, as <see cref="GgufStreamReader"/> reads them.</summary>
internal sealed class GgufBuffer
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Bytes(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    public void UInt32(uint value)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(sizeof(uint)), value);
        _bytes.Advance(sizeof(uint));
    }

    public void UInt64(ulong value)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(sizeof(ulong)), value);
        _bytes.Advance(sizeof(ulong));
    }

    public void Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        UInt64((ulong)utf8.Length);
        Bytes(utf8);
    }
}
