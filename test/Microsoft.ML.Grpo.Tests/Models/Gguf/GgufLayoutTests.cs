using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Names of tensors and order of rows, between Hugging Face and llama.cpp.</summary>
[TestClass]
public class GgufLayoutTests
{
    private static readonly ModelConfig Config = RandomModel.Config with { HiddenSize = 16, Heads = 2, KeyValueHeads = 1, HeadSize = 8 };

    [TestMethod]
    [DataRow("token_embd.weight", "model.embed_tokens.weight")]
    [DataRow("output_norm.weight", "model.norm.weight")]
    [DataRow("output.weight", "lm_head.weight")]
    [DataRow("blk.0.attn_norm.weight", "model.layers.0.input_layernorm.weight")]
    [DataRow("blk.12.attn_q.bias", "model.layers.12.self_attn.q_proj.bias")]
    [DataRow("blk.3.attn_k_norm.weight", "model.layers.3.self_attn.k_norm.weight")]
    [DataRow("blk.7.ffn_norm.weight", "model.layers.7.post_attention_layernorm.weight")]
    [DataRow("blk.7.ffn_down.weight", "model.layers.7.mlp.down_proj.weight")]
    public void A_tensor_has_one_name_on_each_side(string gguf, string huggingFace)
    {
        Assert.AreEqual(huggingFace, GgufNames.ToHuggingFace(gguf));
        Assert.AreEqual(gguf, GgufNames.ToGguf(huggingFace));
    }

    [TestMethod]
    public void Every_weight_of_a_model_has_a_name_that_leads_back_to_it()
    {
        var names = ModelWeights.Shapes(Config with { TiedHead = false, QkvBias = true, QkNorm = true, OutputBias = true, MlpBias = true }).Keys.ToArray();
        CollectionAssert.AreEqual(names, names.Select(name => GgufNames.ToHuggingFace(GgufNames.ToGguf(name)!)).ToArray());
        Assert.HasCount(names.Length, names.Select(GgufNames.ToGguf).Distinct().ToArray());
    }

    [TestMethod]
    [DataRow("model.norm.weight")]
    [DataRow("rope_freqs.weight")]
    [DataRow("blk.0")]
    [DataRow("blk.0.weight")]
    [DataRow("blk..attn")]
    [DataRow("blk.0.ffn_gate_exps.weight")]
    [DataRow("")]
    public void Other_names_have_none(string gguf) => Assert.IsNull(GgufNames.ToHuggingFace(gguf));

    [TestMethod]
    [DataRow("model.layers.0.self_attn.q_proj.weight", 16, new[] { 0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15 })]
    [DataRow("model.layers.0.self_attn.k_proj.bias", 8, new[] { 0, 2, 4, 6, 1, 3, 5, 7 })]
    [DataRow("model.layers.0.self_attn.v_proj.weight", 8, new[] { 0, 1, 2, 3, 4, 5, 6, 7 })]
    public void Rows_that_rope_turns_together_are_neighbours_in_llamas_files(string name, int rows, int[] expected)
    {
        using var scope = NewDisposeScope();
        var stored = name.EndsWith("bias", StringComparison.Ordinal) ? Sums.Range(rows, CPU) : Sums.Range(rows, CPU).unsqueeze(1).expand(rows, 3).contiguous();
        var ours = GgufRows.ToHuggingFace(name, stored, Config);
        CollectionAssert.AreEqual(expected, (ours.dim() == 1 ? ours : ours.select(1, 0)).data<long>().ToArray().Select(row => (int)row).ToArray());
        Assert.IsTrue(stored.Equals(GgufRows.ToGguf(name, ours, Config)));
    }

    [TestMethod]
    [DataRow("qwen2")]
    [DataRow("qwen3")]
    public void Other_architectures_keep_the_order(string architecture)
    {
        using var scope = NewDisposeScope();
        var stored = Sums.Range(16, CPU);
        Assert.AreSame(stored, GgufRows.ToHuggingFace("model.layers.0.self_attn.q_proj.weight", stored, Config with { ModelType = architecture }));
    }
}
