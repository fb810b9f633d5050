using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class DropoutTests
{
    private const int Features = 33;

    [TestMethod]
    public void The_hash_is_SplitMix64()
    {
        // The generator's published outputs for the seed 1234567.
        using var scope = NewDisposeScope();
        var outputs = DropoutMasks.SplitMix(tensor(1234567L), Sums.Range(5, CPU)).data<long>().Select(x => (ulong)x).ToArray();
        CollectionAssert.AreEqual(new[] { 6457827717110365317ul, 3203168211198807973ul, 9817491932198370423ul, 4593380528125082431ul, 16408922859458223821ul }, outputs);
    }

    [TestMethod]
    [DataRow(0.1)]
    [DataRow(0.5)]
    [DataRow(0.9)]
    public void The_share_that_is_dropped_is_the_same_in_every_direction(double share)
    {
        using var scope = NewDisposeScope();
        var dropped = Masks(Key([.. Enumerable.Range(0, 40)]), share, 50).Dropped(layer: 4, Features).to(ScalarType.Float64); // [40, 50, 33]

        // Means of n draws lie within 5 standard deviations of the share, in every one of these rows, places and features.
        void Check(Tensor means, double n)
        {
            var bound = 5 * Math.Sqrt(share * (1 - share) / n);
            Assert.IsTrue(Near.Doubles(means).All(mean => Math.Abs(mean - share) < bound), string.Join(' ', Near.Doubles(means)));
        }

        Check(dropped.mean([1, 2]), 50 * Features);
        Check(dropped.mean([0, 2]), 40 * Features);
        Check(dropped.mean([0, 1]), 40 * 50);
        Check(dropped.mean([0, 1, 2], keepdim: true), 40 * 50 * Features);
    }

    [TestMethod]
    public void Neighbours_are_dropped_independently()
    {
        using var scope = NewDisposeScope();
        var masks = Masks(Key([.. Enumerable.Range(0, 60)]), 0.5, 50);
        var x = masks.Dropped(2, 32).to(ScalarType.Float64).sub(Scalars.Of(0.5)); // [60, 50, 32]
        var deviation = 0.25 / Math.Sqrt(60 * 50 * 30);
        void Independent(Tensor a, Tensor b) => Assert.AreEqual(0, (a * b).mean().item<double>(), 5 * deviation);
        Independent(x.narrow(0, 0, 59), x.narrow(0, 1, 59));
        Independent(x.narrow(1, 0, 49), x.narrow(1, 1, 49));
        Independent(x.narrow(2, 0, 31), x.narrow(2, 1, 31));
        Independent(x.narrow(2, 0, 16), x.narrow(2, 16, 16)); // the two halves of one word
        Independent(x, masks.Dropped(3, 32).to(ScalarType.Float64).sub(Scalars.Of(0.5)));
    }

    [TestMethod]
    public void A_mask_does_not_depend_on_the_rows_beside_it_or_on_padding()
    {
        using var scope = NewDisposeScope();
        var together = Masks(Key(3, 8, 5), 0.4, 20).Dropped(1, Features);
        var alone = Masks(Key(8), 0.4, 12).Dropped(1, Features);
        Assert.IsTrue(together[1].narrow(0, 0, 12).Equals(alone[0]));

        // Tokens that come in another order have their masks with them.
        var turned = new DropoutMasks(Key(8), 0.4, tensor(new long[,] { { 7, 0, 11 } })).Dropped(1, Features);
        Assert.IsTrue(turned[0].Equals(alone[0].index_select(0, tensor(new long[] { 7, 0, 11 }))));
    }

    [TestMethod]
    public void A_share_next_to_one_still_has_a_finite_scale()
    {
        using var scope = NewDisposeScope();
        Assert.AreEqual(1L << 32, new DropoutMasks(Key(8), 1 - 1e-11, tensor(new long[,] { { 0 } })).Scale);
    }

    [TestMethod]
    public void Every_part_of_the_key_matters()
    {
        using var scope = NewDisposeScope();
        var key = Key(6);
        var others = new[]
        {
            key with { Seed = 2 }, key with { Rollout = 1 }, key with { Rollout = 1L << 32 }, key with { Visit = 1 }, key with { Purpose = WorkPurpose.Score }, key with { Rows = [7] },
        };
        var masks = others.Prepend(key).Select(k => Masks(k, 0.5, 10).Dropped(0, Features)).Append(Masks(key, 0.5, 10).Dropped(1, Features)).ToArray();
        for (var i = 0; i < masks.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                // Two independent masks of 330 agree in half the places.
                Assert.AreEqual(0.5, masks[i].eq(masks[j]).to(ScalarType.Float64).mean().item<double>(), 0.15, $"{i} and {j}");
            }
        }

        Assert.IsTrue(masks[0].Equals(Masks(Key(6), 0.5, 10).Dropped(0, Features)));
    }

    [TestMethod]
    public void What_is_kept_is_scaled_so_that_the_mean_stays()
    {
        using var scope = NewDisposeScope();
        var masks = Masks(Key([.. Enumerable.Range(0, 50)]), 0.25, 40);
        Assert.AreEqual(1 / 0.75, masks.Scale, 1e-9);
        var x = ones(50, 40, Features, ScalarType.Float64);
        var kept = masks.Drop(x, 0);
        Assert.IsTrue(Near.Doubles(kept.view(-1)).All(v => v is 0 or 1));
        Assert.AreEqual(1, kept.mean().item<double>() * masks.Scale, 0.02);
    }

    [TestMethod]
    public void A_pass_with_dropout_is_one_over_masked_inputs_and_the_same_key_gives_the_same_pass()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create(RandomModel.Config with { Layers = 1 });
        var adapter = RandomAdapter.AttachTo(network, RandomAdapter.Settings with { Dropout = 0.5 }, ["down_proj"]);
        var rows = new ForwardRows { Dropout = Key(4, 9) };
        var dropped = RandomAdapter.Logits(network, rows);
        Assert.IsTrue(dropped.Equals(RandomAdapter.Logits(network, rows)));
        Assert.IsFalse(dropped.Equals(RandomAdapter.Logits(network, new() { Dropout = Key(4, 10) })));
        var whole = RandomAdapter.Logits(network);
        Assert.IsFalse(whole.Equals(dropped));
        Assert.IsTrue(whole.Equals(RandomAdapter.Logits(network, new())), "Without a key nothing is dropped.");

        // By hand, for the one adapted layer: number 6 of the block.
        var (factor, projection) = (adapter.Factors.Single().Value, network.LinearLayers["model.layers.0.mlp.down_proj"]);
        var x = randn(2, 6, 48, ScalarType.Float64);
        var keep = Masks(Key(4, 9), 0.5, 6).Dropped(6, 48).bitwise_not().to(ScalarType.Float64) / Scalars.Of(0.5);
        var expected = nn.functional.linear(x, projection.Weight).Plus(nn.functional.linear(nn.functional.linear(x * keep, factor.A), factor.B) * Scalars.Of(5.0 / 3));
        RandomAdapter.AreClose(expected, projection.Apply(x, Masks(Key(4, 9), 0.5, 6)), 1e-12);
    }

    [TestMethod]
    public void The_reference_has_no_dropout_and_neither_has_an_adapter_without_any()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create();
        var bare = RandomAdapter.Logits(network, new() { Dropout = Key(4, 9) });
        RandomAdapter.AttachTo(network, RandomAdapter.Settings with { Dropout = 0.5 });
        using (network.WithoutAdapter())
        {
            Assert.IsTrue(bare.Equals(RandomAdapter.Logits(network, new() { Dropout = Key(4, 9) })));
        }

        using var without = RandomModel.Create();
        RandomAdapter.AttachTo(without);
        Assert.IsTrue(RandomAdapter.Logits(without).Equals(RandomAdapter.Logits(without, new() { Dropout = Key(4, 9) })));
    }

    [TestMethod]
    public void Gradients_flow_through_what_is_kept_alone()
    {
        using var scope = NewDisposeScope();
        var masks = Masks(Key(1), 0.5, 4);
        var x = ones(1, 4, 6, ScalarType.Float64, requires_grad: true);
        masks.Drop(x, 2).sum().backward();
        Assert.IsTrue(masks.Dropped(2, 6).bitwise_not().to(ScalarType.Float64).Equals(x.grad!));
    }

    [TestMethod]
    public void Dropout_before_an_adapted_head_is_refused_in_a_training_pass_and_not_elsewhere()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create();
        RandomAdapter.AttachTo(network, RandomAdapter.Settings with { Dropout = 0.5 }, ["lm_head", "q_proj"]);
        RandomAdapter.Logits(network);
        var error = Assert.ThrowsExactly<NotSupportedException>(() => RandomAdapter.Logits(network, new() { Dropout = Key(4, 9) }));
        StringAssert.Contains(error.Message, "dropout 0.5 and is on the head (lm_head)");
    }

    private static DropoutKey Key(params int[] rows) => new(1, 0, 0, WorkPurpose.Loss, rows);

    private static DropoutMasks Masks(DropoutKey key, double share, int length) => new(key, share, Sums.Range(length, CPU).unsqueeze(0));
}
