using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Stored blocks become the numbers that gguf-py 0.19.0 makes of them, to the bit.</summary>
[TestClass]
public class DequantisationTests
{
    /// <summary>Random values and edge values of every type, from shared/goldens/smollm2/expected.json.</summary>
    [TestMethod]
    public void Every_type_is_read_to_the_bit()
    {
        using var rows = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "TestData", "ggml_rows.json")));
        var seen = new HashSet<string>();
        foreach (var row in rows.RootElement.EnumerateArray())
        {
            var type = GgufType.Find(row.GetProperty("id").GetUInt32())!;
            Assert.AreEqual(row.GetProperty("type").GetString(), type.Name);
            seen.Add(type.Name);
            var raw = Convert.FromHexString(row.GetProperty("raw").GetString()!);
            var values = new float[raw.Length / type.BlockBytes * type.BlockElements];
            type.Dequantize(raw, values);
            Assert.AreEqual(row.GetProperty("values").GetString(), Convert.ToHexStringLower(MemoryMarshal.AsBytes<float>(values)), type.Name);
        }

        Assert.AreEqual("BF16, F16, Q2_K, Q3_K, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0", string.Join(", ", seen.Order(StringComparer.Ordinal)), "F32 is the bytes themselves.");
    }

    [TestMethod]
    [DataRow("token_embd.weight")]
    [DataRow("blk.0.ffn_down.weight")]
    [DataRow("blk.29.attn_norm.weight")]
    public void A_tensor_of_a_real_file_is_the_references(string name)
    {
        var folder = SharedGoldens.Require("smollm2");
        var line = File.ReadLines(Path.Combine(folder, "tensors.tsv")).Select(text => text.Split('\t')).Single(fields => fields[0] == name);
        using var gguf = GgufFile.Open(Directory.GetFiles(folder, "*.gguf").Single());
        using var tensor = gguf.Read(gguf.Tensors[name], ScalarType.Float32, CPU);
        Assert.AreEqual(line[6], Convert.ToHexStringLower(SHA256.HashData(tensor.bytes)));
    }

    [TestMethod]
    public void The_merges_of_a_scored_vocabulary_are_those_of_the_converted_one()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedGoldens.Require("text/tokenizers/metaspace-llama2"), "tokenizer.json")));
        var model = golden.RootElement.GetProperty("model");
        var vocabulary = model.GetProperty("vocab").EnumerateObject().ToDictionary(token => token.Name, token => token.Value.GetInt32(), StringComparer.Ordinal);
        var merges = model.GetProperty("merges").EnumerateArray().Select(merge => merge.GetString()!).ToArray();

        // SentencePiece's BPE gives the piece that was merged n-th the score -n; runs of spaces were added by hand, with the lowest.
        var scores = new double[vocabulary.Count];
        foreach (var (piece, id) in vocabulary)
        {
            scores[id] = piece.Length > 1 && piece.All(c => c == '\u2581') ? -1e9 : -id;
        }

        var generated = GgufMerges.Of(vocabulary, scores)!;
        Assert.AreEqual(merges.Length, generated.Count);
        Assert.AreEqual(0, merges.Zip(generated).Count(pair => pair.First != pair.Second));
    }
}
