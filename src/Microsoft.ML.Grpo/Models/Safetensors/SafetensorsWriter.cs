using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>Writes tensors as a safetensors file that Hugging Face's libraries load: names in order, header padded to 8 bytes.</summary>
internal static class SafetensorsWriter
{
    private const long StagingBytes = 16 << 20;

    /// <summary>Writes the file completely or not at all; see <see cref="AtomicFile"/>.</summary>
    public static void WriteFile(string path, IReadOnlyDictionary<string, Tensor> tensors, ScalarType storedAs = ScalarType.Float32) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, storedAs));

    /// <summary>Writes header and tensors at the stream's position; the stream stays open.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">Name to tensor, on any device; floating point ones are stored as <paramref name="storedAs"/>, others as they are.</param>
    /// <param name="storedAs">F32, F16, BF16 or F64; a narrower type rounds to nearest even.</param>
    /// <param name="replace">Makes what is written in a tensor's place, of the same shape and type, or null; it is disposed when it is written.</param>
    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors, ScalarType storedAs = ScalarType.Float32, Func<string, Tensor?>? replace = null)
    {
        if (!SafetensorsDtype.IsFloat(storedAs))
        {
            throw new ArgumentOutOfRangeException(nameof(storedAs), storedAs, "Weights are stored as Float32, Float16, BFloat16 or Float64.");
        }

        var sorted = tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value, Type: TypeOf(pair.Value, storedAs))).ToList();
        WriteHeader(stream, sorted);
        foreach (var (name, tensor, type) in sorted)
        {
            using var replacement = replace?.Invoke(name);
            WriteData(stream, replacement ?? tensor, type);
        }
    }

    private static ScalarType TypeOf(Tensor tensor, ScalarType storedAs) => SafetensorsDtype.IsFloat(tensor.dtype) ? storedAs : tensor.dtype;

    private static void WriteHeader(Stream stream, List<(string Name, Tensor Tensor, ScalarType Type)> sorted)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();

            // transformers refuses a file whose metadata does not say for which framework it was written.
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            long begin = 0;
            foreach (var (name, tensor, type) in sorted)
            {
                var end = begin + (tensor.numel() * SafetensorsDtype.Size(type));
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsDtype.Name(type));
                WriteNumbers(json, "shape", tensor.shape);
                WriteNumbers(json, "data_offsets", [begin, end]);
                json.WriteEndObject();
                begin = end;
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)buffer.Length);
        stream.Write(length);
        buffer.WriteTo(stream);
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, long[] numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the numbers of a tensor, row after row, in another type if need be; beside the tensor, no more than 16 MiB are in use.</summary>
    public static void WriteData(Stream stream, Tensor tensor, ScalarType type)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var flat = tensor.detach().reshape(-1);
        var most = StagingBytes / SafetensorsDtype.Size(type);
        for (long done = 0; done < flat.shape[0]; done += most)
        {
            using var piece = NewDisposeScope();
            var part = flat.narrow(0, done, Math.Min(most, flat.shape[0] - done)).to(type).cpu().contiguous();
            stream.Write(part.bytes);
        }
    }
}
