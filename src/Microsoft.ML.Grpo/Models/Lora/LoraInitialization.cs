using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// New adapters as PEFT makes them: B is 0, so that they change nothing at first, and A is uniform, by Kaiming's rule with
/// a = √5 (He et al. 2015). A number of A is a function of the seed, its layer and its place: other layers do not move it.
/// </summary>
internal static class LoraInitialization
{
    private const double KaimingA2 = 5; // a² of the rule; PEFT's choice, and that of torch's linear layers

    /// <summary>Makes an adapter; attach it.</summary>
    /// <param name="network">The network that it is for.</param>
    /// <param name="layers">Names of linear layers of the network.</param>
    /// <param name="settings">The adapter's numbers.</param>
    /// <param name="random">The run's randomness.</param>
    /// <param name="baseModel">What the network was loaded from; null if that is not known.</param>
    public static LoraAdapter Create(CausalLM network, IEnumerable<string> layers, LoraSettings settings, RunRandom random, string? baseModel = null)
    {
        using var scope = NewDisposeScope();
        var matrices = new Dictionary<string, (Tensor A, Tensor B)>(StringComparer.Ordinal);
        foreach (var layer in layers)
        {
            var weight = network.LinearLayers[layer].Weight; // [out, in]
            var a = DrawA(random, network.LinearLayers.IndexOf(layer), settings.Rank, (int)weight.shape[1]);
            matrices[layer] = (tensor(a, [settings.Rank, weight.shape[1]]).to(weight.dtype).to(weight.device), zeros(weight.shape[0], settings.Rank, weight.dtype, weight.device));
        }

        return new(settings, network, matrices, baseModel);
    }

    private static double[] DrawA(RunRandom random, int layer, int rank, int inputs)
    {
        var bound = Math.Sqrt(6 / ((1 + KaimingA2) * inputs));
        var a = new double[(long)rank * inputs];
        for (var i = 0L; i < a.LongLength; i++)
        {
            a[i] = ((2 * random.Uniform(DrawPurpose.Adapter, layer, (int)(i / inputs), 0, (int)(i % inputs))) - 1) * bound;
        }

        return a;
    }
}
