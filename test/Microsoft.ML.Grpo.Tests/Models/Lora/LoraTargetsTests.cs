namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class LoraTargetsTests
{
    [TestMethod]
    public void All_are_the_linear_layers_but_the_head()
    {
        using var network = RandomModel.Create();
        var layers = LoraTargets.All(network);
        Assert.HasCount(14, layers);
        Assert.AreEqual("model.layers.0.self_attn.q_proj", layers[0]);
        Assert.AreEqual("model.layers.1.mlp.down_proj", layers[^1]);
        Assert.AreEqual("q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head", LoraTargets.Describe(network));
    }

    [TestMethod]
    public void A_name_means_the_layers_that_end_in_it_and_no_part_of_a_word()
    {
        using var network = RandomModel.Create();
        CollectionAssert.AreEqual(new[] { "model.layers.0.mlp.up_proj", "model.layers.1.mlp.up_proj" }, LoraTargets.Named(network, ["up_proj"]).ToArray());
        CollectionAssert.AreEqual(new[] { "model.layers.0.self_attn.k_proj", "lm_head" }, LoraTargets.Named(network, ["lm_head", "layers.0.self_attn.k_proj"]).ToArray());
        CollectionAssert.AreEqual(new[] { "p_proj", "mlp", "lm_hea" }, LoraTargets.Unknown(network, ["p_proj", "mlp", "lm_hea", "lm_head"]).ToArray());
    }

    [TestMethod]
    public void A_pattern_must_match_the_whole_name()
    {
        using var network = RandomModel.Create();
        Assert.IsEmpty(LoraTargets.Matching(network, "q_proj"));
        Assert.IsEmpty(LoraTargets.Matching(network, "model"));
        CollectionAssert.AreEqual(new[] { "model.layers.1.self_attn.q_proj", "model.layers.1.self_attn.v_proj" }, LoraTargets.Matching(network, @".*\.1\..*\.(q|v)_proj").ToArray());
        CollectionAssert.AreEqual(new[] { "lm_head" }, LoraTargets.Matching(network, "x|lm_head").ToArray());
    }

    [TestMethod]
    public void The_shortest_names_mean_the_same_layers_again()
    {
        using var network = RandomModel.Create();
        string[] all = ["k_proj", "lm_head"];
        CollectionAssert.AreEqual(all, LoraTargets.Shortest(LoraTargets.Named(network, ["lm_head", "k_proj"]), network).ToArray());
        string[] one = ["model.layers.0.mlp.up_proj", "model.layers.1.mlp.down_proj"];
        CollectionAssert.AreEqual(one, LoraTargets.Shortest(one.Reverse(), network).ToArray());
    }
}
