using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>A tensor that is to be written.</summary>
/// <param name="Name">Its name, as llama.cpp spells it.</param>
/// <param name="Shape">Its shape, rows first.</param>
/// <param name="Type">How its numbers are stored: Float32, Float16 or BFloat16.</param>
/// <param name="Make">Gives the tensor when its turn comes. What it makes is disposed with the scope that it is called in.</param>
internal sealed record GgufOutput(string Name, IReadOnlyList<long> Shape, ScalarType Type, Func<Tensor> Make);

/// <summary>Writes GGUF files of version 3.</summary>
internal static class GgufWriter
{
    /// <summary>Writes header and tensors at the stream's position, which must be its start; one tensor is made at a time.</summary>
    /// <exception cref="InvalidOperationException">A number is beyond its type's range.</exception>
    public static void Write(Stream stream, GgufPairs pairs, IReadOnlyList<GgufOutput> tensors)
    {
        var header = new GgufBuffer();
        header.UInt32(GgufHeader.Magic);
        header.UInt32(GgufHeader.Version);
        header.UInt64((ulong)tensors.Count);
        header.UInt64((ulong)pairs.Count);
        header.Bytes(pairs.Written);
        long begin = 0;
        foreach (var tensor in tensors)
        {
            Describe(header, tensor, begin);
            begin += Padded(Size(tensor));
        }

        stream.Write(header.Written);
        Pad(stream, header.Written.Length);
        foreach (var tensor in tensors)
        {
            WriteData(stream, tensor);
            Pad(stream, Size(tensor));
        }
    }

    private static void Describe(GgufBuffer header, GgufOutput tensor, long begin)
    {
        header.Text(tensor.Name);
        header.UInt32((uint)tensor.Shape.Count);
        foreach (var size in tensor.Shape.Reverse())
        {
            header.UInt64((ulong)size);
        }

        header.UInt32(GgufType.IdOf(tensor.Type));
        header.UInt64((ulong)begin);
    }

    private static void WriteData(Stream stream, GgufOutput tensor)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        SafetensorsWriter.WriteData(stream, tensor.Type.ToWeightType().Round(tensor.Name, tensor.Make()), tensor.Type);
    }

    private static long Size(GgufOutput tensor) => tensor.Shape.Aggregate(1L, (product, size) => product * size) * SafetensorsDtype.Size(tensor.Type);

    private static long Padded(long size) => (size + GgufHeader.DefaultAlignment - 1) / GgufHeader.DefaultAlignment * GgufHeader.DefaultAlignment;

    private static void Pad(Stream stream, long written) => stream.Write(new byte[Padded(written) - written]);
}
