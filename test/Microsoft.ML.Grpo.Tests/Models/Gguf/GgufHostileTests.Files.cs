using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <content>The files, made with the writer's own pieces.</content>
public partial class GgufHostileTests
{
    private static byte[] WriteModel()
    {
        using var folder = new TemporaryFolder();
        using var network = RandomModel.Create(GgufExportTests.Config, ScalarType.Float32);
        var files = new ModelFiles(new Dictionary<string, byte[]> { ["tokenizer.json"] = JsonSerializer.SerializeToUtf8Bytes(TinyTokenizer.Json()) }, "model");
        GgufExport.Save(folder["m.gguf"], network, files, [TinyTokenizer.ImEnd], new());
        return File.ReadAllBytes(folder["m.gguf"]);
    }

    /// <summary>The model with one pair replaced, added, or taken out.</summary>
    private static byte[] With(string key, object? value)
    {
        using var stream = new MemoryStream(Model.Value);
        var pairs = RawGguf.Pairs(stream);
        var rest = Model.Value.AsSpan((int)stream.Position, (int)(Model.Value.Length - stream.Position - DataBytes(Model.Value)));
        var written = new GgufPairs();
        switch (value)
        {
            case string text:
                written.Add(key, text);
                break;
            case int number:
                written.Add(key, number);
                break;
            case float number:
                written.Add(key, number);
                break;
            case string[] texts:
                written.Add(key, texts);
                break;
            case int[] numbers:
                written.Add(key, numbers);
                break;
            case float[] numbers:
                written.Add(key, numbers);
                break;
        }

        pairs.Remove(key);
        var buffer = new GgufBuffer();
        buffer.Bytes(Model.Value.AsSpan(0, 16));
        buffer.UInt64((ulong)(pairs.Count + written.Count));
        buffer.Bytes(written.Written);
        foreach (var (name, bytes) in pairs)
        {
            buffer.Text(name);
            buffer.Bytes(bytes);
        }

        buffer.Bytes(TensorTable(rest));
        buffer.Bytes(new byte[(32 - (buffer.Written.Length % 32)) % 32]);
        buffer.Bytes(Model.Value.AsSpan(Model.Value.Length - (int)DataBytes(Model.Value)));
        return buffer.Written.ToArray();
    }

    /// <summary>The descriptions of tensors without the zeros that fill up to the data.</summary>
    private static ReadOnlySpan<byte> TensorTable(ReadOnlySpan<byte> padded)
    {
        using var gguf = new GgufFile(new MemoryStream(Model.Value), "m.gguf");
        var bytes = gguf.Tensors.Values.Sum(tensor => 8 + Encoding.UTF8.GetByteCount(tensor.Name) + 4 + (8 * tensor.Shape.Count) + 4 + 8);
        return padded[..bytes];
    }

    private static long DataBytes(byte[] model)
    {
        using var gguf = new GgufFile(new MemoryStream(model), "m.gguf");
        return gguf.Tensors.Values.Max(tensor => tensor.Begin + ((tensor.Bytes + 31) / 32 * 32));
    }

    private static byte[] Header(ulong tensors, ulong pairs, Action<GgufBuffer>? rest = null)
    {
        var buffer = new GgufBuffer();
        buffer.UInt32(GgufHeader.Magic);
        buffer.UInt32(GgufHeader.Version);
        buffer.UInt64(tensors);
        buffer.UInt64(pairs);
        rest?.Invoke(buffer);
        buffer.Bytes(new byte[64]);
        return buffer.Written.ToArray();
    }

    private static byte[] Pair(string key, uint type, Action<GgufBuffer> value) => Header(0, 1, b =>
    {
        b.Text(key);
        b.UInt32(type);
        value(b);
    });

    private static byte[] Tensors(params (string Name, ulong[] Shape, uint Type, ulong Begin)[] tensors)
    {
        var buffer = new GgufBuffer();
        buffer.UInt32(GgufHeader.Magic);
        buffer.UInt32(GgufHeader.Version);
        buffer.UInt64((ulong)tensors.Length);
        buffer.UInt64(0);
        foreach (var (name, shape, type, begin) in tensors)
        {
            buffer.Text(name);
            buffer.UInt32((uint)shape.Length);
            foreach (var size in shape.Reverse())
            {
                buffer.UInt64(size);
            }

            buffer.UInt32(type);
            buffer.UInt64(begin);
        }

        buffer.Bytes(new byte[(32 - (buffer.Written.Length % 32)) % 32]);
        buffer.Bytes(new byte[64]);
        return buffer.Written.ToArray();
    }
}
