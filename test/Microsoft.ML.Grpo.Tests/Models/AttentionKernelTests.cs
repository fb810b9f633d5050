using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class AttentionKernelTests
{
    private const int Capacity = 512; // longer than the runs that the library sums in another way

    [TestMethod]
    [DataRow(1, 3, 3, 16)]
    [DataRow(5, 9, 3, 64)]
    [DataRow(8, 14, 2, 32)] // groups of seven: two rounds of heads
    [DataRow(3, 4, 4, 24)]  // half a wide register over
    public void It_is_the_attention_of_the_operators(int rows, int heads, int keyHeads, int size)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var config = RandomModel.Config with { Layers = 1, Heads = heads, KeyValueHeads = keyHeads, HeadSize = size };
        var (first, second, inputs, places) = Operands(config, rows);
        using var operators = new DecodeAttention(config, first, tensor(places), (int)places.Max(), kernel: false);
        var expected = operators.Attend(0, inputs[0], inputs[1], inputs[2]);
        if (!AttentionKernel.Fits(second.Keys(0)))
        {
            Assert.Inconclusive("The attention of decoding needs an x64 CPU with FMA, and libtorch for Linux.");
        }

        var scale = 1 / Math.Sqrt(size);
        Tensor[] actual =
        [
            AttentionKernel.Attend(second.Keys(0), second.Values(0), places, inputs[0], inputs[1], inputs[2], scale),
            AttentionKernel.Attend<FloatLanes8>(second.Keys(0), second.Values(0), places, inputs[0], inputs[1], inputs[2], scale),
        ];
        foreach (var mixed in actual)
        {
            CollectionAssert.AreEqual(expected.shape, mixed.shape);
            Assert.IsLessThan(2e-6, (mixed - expected).abs().max().item<float>());
        }

        Assert.IsTrue(first.Keys(0).Equals(second.Keys(0)), "the new keys are stored, and nothing else is changed");
        Assert.IsTrue(first.Values(0).Equals(second.Values(0)), "the new values too");
    }

    [TestMethod]
    public void A_row_has_the_same_bits_in_any_company()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var config = RandomModel.Config with { Layers = 1, Heads = 6, KeyValueHeads = 2, HeadSize = 16 };
        var (all, _, inputs, places) = Operands(config, rows: 9);
        if (!AttentionKernel.Fits(all.Keys(0)))
        {
            Assert.Inconclusive("The attention of decoding needs an x64 CPU with FMA, and libtorch for Linux.");
        }

        var together = AttentionKernel.Attend(all.Keys(0), all.Values(0), places, inputs[0], inputs[1], inputs[2], 0.25);
        for (var row = 0; row < 9; row++)
        {
            Tensor Part(Tensor cache) => cache.narrow(0, row * 2, 2).contiguous();
            var alone = AttentionKernel.Attend(
                Part(all.Keys(0)), Part(all.Values(0)), places[row..(row + 1)], inputs[0].narrow(0, row, 1), inputs[1].narrow(0, row, 1), inputs[2].narrow(0, row, 1), 0.25);
            Assert.IsTrue(together[row].bytes.SequenceEqual(alone[0].bytes), $"row {row}");
        }
    }

    [TestMethod]
    [DataRow(-1L)]
    [DataRow((long)Capacity)]
    public void A_place_outside_the_cache_is_refused(long place)
    {
        using var scope = NewDisposeScope();
        var (keys, query) = (zeros(2, Capacity, 16), zeros(1, 2, 1, 16));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => AttentionKernel.Attend(keys, keys, [place], query, query, query, 1)).Message, $"below the cache's {Capacity}");
    }

    [TestMethod]
    public void Other_numbers_other_sizes_and_graphs_are_left_to_the_operators()
    {
        using var scope = NewDisposeScope();
        Assert.IsFalse(AttentionKernel.Fits(zeros(2, 32, 16)), "gradients are on");
        using var noGrad = no_grad();
        Assert.IsFalse(AttentionKernel.Fits(zeros([2, 32, 16], ScalarType.Float64)), "float64");
        Assert.IsFalse(AttentionKernel.Fits(zeros(2, 32, 12)), "a head that fills no register");
    }

    [TestMethod]
    public void It_leaves_no_tensor()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var config = RandomModel.Config with { Layers = 1, HeadSize = 16 };
        var (cache, _, inputs, places) = Operands(config, rows: 8);
        using var attention = new DecodeAttention(config, cache, tensor(places), (int)places.Max());
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 50; i++)
        {
            using var mixed = attention.Attend(0, inputs[0], inputs[1], inputs[2]);
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    /// <summary>Two caches with the same keys and values, then query, key and value, and places of all lengths.</summary>
    private static (KeyValueCache First, KeyValueCache Second, Tensor[] Inputs, long[] Places) Operands(ModelConfig config, int rows)
    {
        using var generator = new Generator(3, CPU);
        Tensor Random(params long[] shape) => randn(shape, generator: generator);
        var caches = Enumerable.Range(0, 2).Select(_ => new KeyValueCache(config, rows, Capacity, ScalarType.Float32, CPU)).ToArray();
        foreach (var of in (Func<KeyValueCache, Tensor>[])[cache => cache.Keys(0), cache => cache.Values(0)])
        {
            var numbers = Random(of(caches[0]).shape);
            foreach (var cache in caches)
            {
                of(cache).copy_(numbers);
            }
        }

        Tensor Heads(int count) => Random(rows, 1, count, config.HeadSize).transpose(1, 2);
        return (
            caches[0], caches[1], [Heads(config.Heads) * Scalars.Of(2), Heads(config.KeyValueHeads), Heads(config.KeyValueHeads)],
            [.. Enumerable.Range(0, rows).Select(row => (long)(row * 137 % Capacity))]);
    }
}
