using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Adapters whose B is not 0, so that they change what a network computes.</summary>
internal static class RandomAdapter
{
    public static LoraSettings Settings { get; } = new(Rank: 3, Alpha: 5);

    /// <summary>Attaches an adapter to a network.</summary>
    public static LoraAdapter AttachTo(CausalLM network, LoraSettings? settings = null, IReadOnlyList<string>? targets = null, bool zeroB = false, long seed = 5)
    {
        var layers = targets is null ? LoraTargets.All(network) : LoraTargets.Named(network, targets);
        var adapter = LoraInitialization.Create(network, layers, settings ?? Settings, new RunRandom(seed));
        if (!zeroB)
        {
            Randomize(adapter, seed);
        }

        network.Attach(adapter);
        return adapter;
    }

    /// <summary>Fills B with normal numbers of a size that matters.</summary>
    public static void Randomize(LoraAdapter adapter, long seed)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var factor in adapter.Factors.Values)
        {
            factor.B.copy_(randn(factor.B.shape, ScalarType.Float64, generator: generator) * Scalars.Of(0.3));
        }
    }

    /// <summary>[2, 6, V]: the logits of two short rows.</summary>
    public static Tensor Logits(CausalLM network, ForwardRows? rows = null)
    {
        using var scope = NewDisposeScope();
        var ids = tensor(new long[,] { { 5, 9, 2, 33, 17, 8 }, { 11, 3, 30, 4, 21, 6 } });
        return network.Logits(network.Hidden(ids, rows: rows)).MoveToOuterDisposeScope();
    }

    public static void AreClose(Tensor expected, Tensor actual, double bound)
    {
        CollectionAssert.AreEqual(expected.shape, actual.shape);
        Near.AreEqual(Near.Doubles(expected), Near.Doubles(actual), bound, "tensor");
    }

    /// <summary>Every parameter of the model itself, to the bit.</summary>
    public static Dictionary<string, byte[]> BaseBits(CausalLM network) => network.Parameters.ToDictionary(p => p.Key, p => p.Value.bytes.ToArray());
}
