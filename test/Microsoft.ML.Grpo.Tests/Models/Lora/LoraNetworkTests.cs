using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class LoraNetworkTests
{
    private static readonly ModelConfig Untied = RandomModel.Config with { TiedHead = false, QkvBias = true, OutputBias = true, MlpBias = true, QkNorm = true };

    [TestMethod]
    public void A_new_adapter_changes_nothing_to_the_bit()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create();
        var before = RandomAdapter.Logits(network);
        RandomAdapter.AttachTo(network, zeroB: true);
        Assert.IsTrue(before.Equals(RandomAdapter.Logits(network)));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void An_adapted_network_computes_what_one_with_the_sum_as_its_weights_computes(bool rankStabilized)
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create(Untied);
        var adapter = RandomAdapter.AttachTo(network, new(3, 5, rankStabilized));
        var scale = rankStabilized ? 5 / Math.Sqrt(3) : 5.0 / 3;
        var weights = network.Parameters.ToDictionary(p => p.Key, p => p.Value.detach().clone());
        foreach (var (layer, factor) in adapter.Factors)
        {
            weights[layer + ".weight"].add_(factor.B.matmul(factor.A), Scalars.Of(scale));
        }

        using var summed = new CausalLM(Untied, weights);
        RandomAdapter.AreClose(RandomAdapter.Logits(summed), RandomAdapter.Logits(network), 1e-12);
    }

    [TestMethod]
    public void Without_its_adapter_a_network_is_the_base_to_the_bit_and_scopes_nest()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create();
        var bare = RandomAdapter.Logits(network);
        RandomAdapter.AttachTo(network);
        var adapted = RandomAdapter.Logits(network);
        Assert.IsFalse(bare.Equals(adapted));
        using (var outer = network.WithoutAdapter())
        {
            using (network.WithoutAdapter())
            {
                Assert.IsTrue(bare.Equals(RandomAdapter.Logits(network)));
            }

            Assert.IsTrue(bare.Equals(RandomAdapter.Logits(network)));
            outer.Dispose();
            Assert.IsTrue(adapted.Equals(RandomAdapter.Logits(network)), "A scope that is disposed twice must not count twice.");
        }

        Assert.IsTrue(adapted.Equals(RandomAdapter.Logits(network)));
        Assert.IsTrue(network.Adapter!.On);
    }

    [TestMethod]
    public void Merged_it_computes_the_same_to_rounding_and_unmerged_the_same_to_the_bit()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create(Untied);
        var adapter = RandomAdapter.AttachTo(network, targets: ["q_proj", "down_proj", "lm_head"]);
        var (bits, adapted) = (RandomAdapter.BaseBits(network), RandomAdapter.Logits(network));
        network.Merge();
        var merged = RandomAdapter.Logits(network);
        RandomAdapter.AreClose(adapted, merged, 1e-12);
        Assert.IsFalse(adapted.Equals(merged), "What is merged is one product, and rounds otherwise.");
        using (network.WithoutAdapter())
        {
            Assert.IsFalse(merged.Equals(RandomAdapter.Logits(network)));
        }

        network.Unmerge();
        Assert.IsTrue(adapted.Equals(RandomAdapter.Logits(network)));
        foreach (var (name, before) in bits)
        {
            CollectionAssert.AreEqual(before, network.Parameters[name].bytes.ToArray(), name);
        }

        Assert.HasCount(5, adapter.Factors, "2 blocks with 2 layers each, and the head.");
    }

    [TestMethod]
    public void A_merged_float32_weight_is_the_float64_sum_rounded_once()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create(dtype: ScalarType.Float32);
        var factor = RandomAdapter.AttachTo(network).Factors["model.layers.1.mlp.up_proj"];
        var weight = network.Parameters["model.layers.1.mlp.up_proj.weight"].to(ScalarType.Float64);
        var sum = weight.Plus(factor.B.to(ScalarType.Float64).matmul(factor.A.to(ScalarType.Float64)) * Scalars.Of(5.0 / 3)).to(ScalarType.Float32);
        Assert.IsTrue(sum.Equals(network.MergedWeight("model.layers.1.mlp.up_proj.weight")!));
        Assert.IsNull(network.MergedWeight("model.layers.1.input_layernorm.weight"));
        Assert.IsNull(network.MergedWeight("lm_head.weight"));
    }

    [TestMethod]
    public void An_adapter_on_a_tied_head_moves_the_head_and_not_the_embedding()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create();
        var factor = RandomAdapter.AttachTo(network, targets: ["lm_head"]).Factors.Single().Value;
        var ids = tensor(new long[,] { { 5, 9, 2 } });
        var hidden = network.Hidden(ids);
        var low = nn.functional.linear(hidden, factor.A);
        Tensor expected;
        using (network.WithoutAdapter())
        {
            Assert.IsTrue(hidden.Equals(network.Hidden(ids)));
            expected = network.Logits(hidden).Plus(nn.functional.linear(low, factor.B) * Scalars.Of(5.0 / 3));
        }

        RandomAdapter.AreClose(expected, network.Logits(hidden), 1e-12);
        network.Merge();
        Assert.IsTrue(hidden.Equals(network.Hidden(ids)));
        RandomAdapter.AreClose(expected, network.Logits(hidden), 1e-12);
    }

    [TestMethod]
    public void Only_the_adapter_is_trained_and_no_gradient_of_the_base_is_computed()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create();
        network.RequireGradients(true);
        var adapter = RandomAdapter.AttachTo(network);
        Assert.IsTrue(network.Parameters.Values.All(p => !p.requires_grad), "Attaching freezes the base.");
        network.RequireGradients(true);
        RandomAdapter.Logits(network).sum().backward();
        Assert.IsTrue(network.Parameters.Values.All(p => !p.requires_grad && p.grad is null));
        Assert.IsTrue(network.Trained.Values.All(p => p.grad is not null));
        Assert.AreSame(adapter.Parameters, network.Trained);

        // By layer: q and o 32 x 32, k and v 16 x 32, gate and up 48 x 32, down 32 x 48; rank 3 on 2 blocks.
        Assert.AreEqual(2 * 3 * (2 * 64 + 2 * 48 + 3 * 80), network.TrainedCount);
        network.RequireGradients(false);
        Assert.IsTrue(network.Trained.Values.All(p => !p.requires_grad));
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(true, true)]
    [DataRow(false, false)]
    public void A_frozen_copy_computes_what_the_network_computed_to_the_bit(bool on, bool merged)
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create();
        RandomAdapter.AttachTo(network);
        if (merged)
        {
            network.Merge();
        }

        using var off = on ? null : network.WithoutAdapter();
        var now = RandomAdapter.Logits(network);
        using var copy = network.CloneFrozen();
        network.Unmerge();
        RandomAdapter.Randomize(network.Adapter!, seed: 77);
        Assert.IsTrue(now.Equals(RandomAdapter.Logits(copy)));
    }

    [TestMethod]
    public void A_merged_adapter_takes_no_gradients()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create();
        RandomAdapter.AttachTo(network);
        network.RequireGradients(true);
        network.Merge();
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => RandomAdapter.Logits(network)).Message, "Call Unmerge");
        using (no_grad())
        {
            RandomAdapter.Logits(network);
        }

        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => network.RequireGradients(true)).Message, "Call Unmerge");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(network.Merge).Message, "merged already");
        network.Unmerge();
        network.RequireGradients(true);
    }

    [TestMethod]
    public void What_cannot_be_attached_merged_or_turned_off_is_refused()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create();
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(network.Merge).Message, "no adapter to merge");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(network.WithoutAdapter).Message, "no adapter to turn off");
        using var narrow = RandomModel.Create(RandomModel.Config with { IntermediateSize = 40 });
        using var other = LoraInitialization.Create(narrow, ["model.layers.0.mlp.down_proj"], RandomAdapter.Settings, new(1));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => network.Attach(other)).Message, "[3, 40] and [32, 3], but rank 3 on a weight [32, 48] takes [3, 48] and [32, 3]");
        using var single = RandomModel.Create(dtype: ScalarType.Float32);
        using var rounded = LoraInitialization.Create(single, ["model.layers.0.mlp.down_proj"], RandomAdapter.Settings, new(1));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => network.Attach(rounded)).Message, "are Float32 on cpu, but the weight is Float64 on cpu");
        Assert.IsNull(network.Adapter);
        RandomAdapter.AttachTo(network);
        using var second = LoraInitialization.Create(network, ["model.layers.0.mlp.down_proj"], RandomAdapter.Settings, new(1));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => network.Attach(second)).Message, "has an adapter already");
    }
}
