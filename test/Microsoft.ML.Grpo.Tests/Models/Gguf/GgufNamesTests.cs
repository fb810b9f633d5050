namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class GgufNamesTests
{
    [TestMethod]
    public void Every_tensor_of_every_family_has_a_name_on_both_sides()
    {
        var config = RandomModel.Config with { TiedHead = false, QkvBias = true, OutputBias = true, MlpBias = true, QkNorm = true, Layers = 12 };
        string[] names = [.. ModelWeights.Shapes(config).Keys];
        string[] theirs = [.. names.Select(name => GgufNames.ToGguf(name)!)];
        CollectionAssert.AllItemsAreUnique(theirs);
        CollectionAssert.AreEqual(names, theirs.Select(GgufNames.ToHuggingFace).ToArray());
    }

    [TestMethod]
    [DataRow("model.embed_tokens.weight", "token_embd.weight")]
    [DataRow("model.norm.weight", "output_norm.weight")]
    [DataRow("lm_head.weight", "output.weight")]
    [DataRow("model.layers.11.post_attention_layernorm.weight", "blk.11.ffn_norm.weight")]
    [DataRow("model.layers.0.self_attn.o_proj.bias", "blk.0.attn_output.bias")]
    [DataRow("model.layers.3.self_attn.k_norm.weight", "blk.3.attn_k_norm.weight")]
    public void Names_are_llama_cpps(string huggingFace, string gguf)
    {
        Assert.AreEqual(gguf, GgufNames.ToGguf(huggingFace));
        Assert.AreEqual(huggingFace, GgufNames.ToHuggingFace(gguf));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("blk.")]
    [DataRow("blk.0")]
    [DataRow("blk.0.weight")]
    [DataRow("blk.0.attn_q")]
    [DataRow("blk.0.attn_rot_embd.weight")]
    [DataRow("blk.attn_q.weight")]
    [DataRow("model.norm.weight")]
    [DataRow("rope_freqs.weight")]
    public void What_llama_cpp_does_not_name_so_has_no_name_in_Hugging_Face(string gguf) => Assert.IsNull(GgufNames.ToHuggingFace(gguf));
}
