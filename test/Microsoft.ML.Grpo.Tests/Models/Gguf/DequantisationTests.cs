using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Blocks of every GGML type become the reference's numbers, to the bit.</summary>
[TestClass]
public class DequantisationTests
{
    private static readonly string Rows = Path.Combine(AppContext.BaseDirectory, "TestData", "gguf", "rows.json");

    private static IEnumerable<object[]> Types => ((string[])["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"]).Select(type => new object[] { type });

    [TestMethod]
    [DynamicData(nameof(Types))]
    public void Rows_of_each_type_become_the_references_numbers(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Rows));
        var rows = json.RootElement.EnumerateArray().Where(row => row.GetProperty("type").GetString() == name).ToArray();
        Assert.IsGreaterThanOrEqualTo(2, rows.Length);
        foreach (var row in rows)
        {
            var type = GgufType.Find(row.GetProperty("id").GetUInt32())!;
            Assert.AreEqual(name, type.Name);
            var raw = Bytes(row, "raw");
            var values = new float[raw.Length / type.BlockBytes * type.BlockElements];
            type.Dequantize(raw, values);
            CollectionAssert.AreEqual(Bytes(row, "values"), MemoryMarshal.AsBytes<float>(values).ToArray(), row.GetProperty("source").GetString());
        }
    }

    [TestMethod]
    public void Float32_is_taken_as_it_lies_there_signs_and_NaNs_too()
    {
        float[] given = [0f, -0f, 1.5f, float.Epsilon, float.MaxValue, float.NegativeInfinity, BitConverter.Int32BitsToSingle(0x7FA00001)];
        var values = new float[given.Length];
        PlainBlocks.F32(MemoryMarshal.AsBytes<float>(given), values);
        CollectionAssert.AreEqual(MemoryMarshal.AsBytes<float>(given).ToArray(), MemoryMarshal.AsBytes<float>(values).ToArray());
    }

    [TestMethod]
    public void A_row_read_from_a_file_in_pieces_is_the_row()
    {
        // More numbers than are dequantised at once, in a type whose blocks do not divide a power of two of bytes.
        const int Blocks = (1 << 20) / 32 * 2 + 3;
        var file = GgufBytes.Llama();
        file.Tensors.Clear();
        var data = new byte[Blocks * 34];
        new Random(1).NextBytes(data);
        for (var block = 0; block < Blocks; block++)
        {
            (data[34 * block], data[(34 * block) + 1]) = ((byte)block, 0x2C); // a finite scale
        }

        file.Tensors.Add(new("x") { Sizes = [32, Blocks], Type = 8, Data = data });
        using var gguf = new GgufFile(new MemoryStream(file.ToArray()), "m");
        using var scope = NewDisposeScope();
        var expected = new float[Blocks * 32];
        SmallBlocks.Q8_0(data, expected);
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            var read = gguf.Read(gguf.Tensors["x"], type, CPU);
            CollectionAssert.AreEqual(new long[] { Blocks, 32 }, read.shape);
            Assert.IsTrue(read.view(-1).Equals(tensor(expected).to(type)));
        }
    }

    [TestMethod]
    [DataRow("token_embd.weight")]
    [DataRow("blk.0.attn_q.weight")]
    [DataRow("blk.17.ffn_down.weight")]
    [DataRow("output_norm.weight")]
    public void Whole_tensors_of_a_real_model_have_the_references_hash(string name)
    {
        var folder = SharedGoldens.Require("smollm2");
        string[] row = File.ReadLines(Path.Combine(folder, "tensors.tsv")).Select(line => line.Split('\t')).Single(row => row[0] == name);
        using var gguf = GgufFile.Open(Directory.EnumerateFiles(folder, "*.gguf").Single());
        var stored = gguf.Tensors[name];
        Assert.AreEqual((row[1], long.Parse(row[4], CultureInfo.InvariantCulture)), (stored.Type.Name, stored.Bytes));
        using var values = gguf.Read(stored, ScalarType.Float32, CPU);
        Assert.AreEqual(row[6], Convert.ToHexStringLower(SHA256.HashData(values.bytes)));
    }

    private static byte[] Bytes(JsonElement row, string key) => Convert.FromHexString(row.GetProperty(key).GetString()!);
}
