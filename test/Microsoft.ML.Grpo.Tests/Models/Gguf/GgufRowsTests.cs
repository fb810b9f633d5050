using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class GgufRowsTests
{
    private const string Q = "model.layers.0.self_attn.q_proj.weight", K = "model.layers.0.self_attn.k_proj.weight";

    // Heads of 4: rows that rope turns together are neighbours there, and half a head apart here.
    private static readonly ModelConfig Config = RandomModel.Config with { Heads = 2, KeyValueHeads = 1, HeadSize = 4 };

    [TestMethod]
    public void Rows_of_each_head_of_q_and_k_are_reordered_and_come_back()
    {
        _ = SafetensorsDtype.Supported; // loads the library, and with it the native one
        using var scope = NewDisposeScope();
        CollectionAssert.AreEqual(new long[] { 0, 2, 1, 3, 4, 6, 5, 7 }, Order(GgufRows.ToHuggingFace(Q, Range(8), Config)));
        CollectionAssert.AreEqual(new long[] { 0, 2, 1, 3 }, Order(GgufRows.ToHuggingFace(K, Range(4), Config)));
        var large = Config with { HeadSize = 8, Heads = 1 };
        CollectionAssert.AreEqual(new long[] { 0, 2, 4, 6, 1, 3, 5, 7 }, Order(GgufRows.ToHuggingFace(Q, Range(8), large)));
        CollectionAssert.AreEqual(new long[] { 0, 4, 1, 5, 2, 6, 3, 7 }, Order(GgufRows.ToGguf(Q, Range(8), large)));
        var matrix = Range(24).view(8, 3);
        Assert.IsTrue(matrix.Equals(GgufRows.ToHuggingFace(Q, GgufRows.ToGguf(Q, matrix, Config), Config)));
        CollectionAssert.AreEqual(new long[] { 6, 7, 8 }, Order(GgufRows.ToHuggingFace(Q, matrix, Config)[1]), "whole rows move");
    }

    [TestMethod]
    [DataRow("model.layers.0.self_attn.v_proj.weight", "llama")]
    [DataRow("model.layers.0.self_attn.o_proj.weight", "llama")]
    [DataRow("model.embed_tokens.weight", "llama")]
    [DataRow(Q, "qwen2")]
    [DataRow(K, "qwen3")]
    public void Others_and_other_architectures_keep_their_order(string name, string architecture)
    {
        _ = SafetensorsDtype.Supported;
        using var scope = NewDisposeScope();
        var rows = Range(8);
        Assert.AreSame(rows, GgufRows.ToHuggingFace(name, rows, Config with { ModelType = architecture }));
    }

    [TestMethod]
    public void Biases_move_with_their_rows()
    {
        _ = SafetensorsDtype.Supported;
        using var scope = NewDisposeScope();
        CollectionAssert.AreEqual(new long[] { 0, 2, 1, 3 }, Order(GgufRows.ToHuggingFace(K.Replace("weight", "bias", StringComparison.Ordinal), Range(4), Config)));
    }

    [TestMethod]
    public void The_order_of_a_head_is_the_references()
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedGoldens.Require("smollm2"), "expected.json")));
        long[] order = [.. expected.RootElement.GetProperty("qk_permutation").GetProperty("order").EnumerateArray().Select(row => row.GetInt64())];
        using var scope = NewDisposeScope();
        CollectionAssert.AreEqual(order, Order(GgufRows.ToHuggingFace(K, Range(order.Length), Config with { HeadSize = order.Length })));
    }

    private static Tensor Range(long count) => Sums.Range(count, CPU);

    private static long[] Order(Tensor tensor) => tensor.contiguous().data<long>().ToArray();
}
