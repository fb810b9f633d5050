using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class LoraInitializationTests
{
    private const string Down = "model.layers.1.mlp.down_proj"; // 48 inputs

    [TestMethod]
    public void B_is_zero_and_A_is_uniform_within_Kaimings_bound()
    {
        using var network = RandomModel.Create();
        using var adapter = LoraInitialization.Create(network, [Down], new(64, 128), new(3));
        var factor = adapter.Factors[Down];
        Assert.IsTrue(Near.Doubles(factor.B).All(b => b == 0));

        // √(6 / (6 · 48)): 3072 draws fill the interval to its ends, and its variance is bound² / 3.
        var (a, bound) = (Near.Doubles(factor.A), 1 / Math.Sqrt(48));
        Assert.IsTrue(a.All(x => Math.Abs(x) <= bound));
        Assert.AreEqual(bound, a.Max(), 0.002);
        Assert.AreEqual(-bound, a.Min(), 0.002);
        Assert.AreEqual(0, a.Average(), 0.005);
        Assert.AreEqual(1.0 / 48 / 3, a.Select(x => x * x).Average(), 0.0004);
        Assert.HasCount(a.Length, a.Distinct().ToList());
    }

    [TestMethod]
    public void A_number_depends_on_the_seed_its_layer_and_its_place_alone()
    {
        using var network = RandomModel.Create();
        double[] Draw(IReadOnlyList<string> layers, int rank, long seed, string layer = Down)
        {
            using var adapter = LoraInitialization.Create(network, layers, new(rank, 1), new(seed));
            return [.. Near.Doubles(adapter.Factors[layer].A)];
        }

        var alone = Draw([Down], 2, 1);
        CollectionAssert.AreEqual(alone, Draw(LoraTargets.All(network), 2, 1));
        CollectionAssert.AreEqual(alone, Draw([Down], 5, 1).Take(2 * 48).ToArray());
        CollectionAssert.AreNotEqual(alone, Draw([Down], 2, 2));
        CollectionAssert.AreNotEqual(alone, Draw(LoraTargets.All(network), 2, 1, "model.layers.0.mlp.down_proj"));
    }

    [TestMethod]
    public void In_float32_it_is_the_float64_adapter_rounded()
    {
        using var scope = NewDisposeScope();
        using var network = RandomModel.Create();
        using var single = RandomModel.Create(dtype: ScalarType.Float32);
        using var a = LoraInitialization.Create(network, [Down], RandomAdapter.Settings, new(1));
        using var b = LoraInitialization.Create(single, [Down], RandomAdapter.Settings, new(1));
        Assert.IsTrue(a.Factors[Down].A.to(ScalarType.Float32).Equals(b.Factors[Down].A));
    }
}
