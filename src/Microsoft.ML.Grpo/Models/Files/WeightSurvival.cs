using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>How much of a change of the weights is left when they are rounded.</summary>
internal static class WeightSurvival
{
    /// <summary>Counts over all weights that training may have changed; an adapter's change is that of the weights it is merged into.</summary>
    /// <param name="network">The network.</param>
    /// <param name="origin">Where its weights came from; needed where there is no adapter, beside which they lie unchanged.</param>
    /// <param name="type">The type that they are rounded to.</param>
    /// <returns>Weights that have changed, and those of them whose rounded values have; null if it cannot be known.</returns>
    public static (long Changed, long Surviving)? Count(CausalLM network, WeightOrigin? origin, WeightType type)
    {
        using var noGrad = no_grad();
        using var source = network.Adapter is null ? origin?.TryOpen(network.Config) : null;
        if (network.Adapter is null && source is null)
        {
            return null;
        }

        try
        {
            return Count(network, source, type);
        }
        catch (Exception exception) when (source is not null && exception is IOException or UnauthorizedAccessException)
        {
            return null; // the files went away meanwhile
        }
    }

    private static (long Changed, long Surviving) Count(CausalLM network, IWeightSource? source, WeightType type)
    {
        var (changed, surviving) = (0L, 0L);
        foreach (var (name, weight) in MergedModel.Tensors(network))
        {
            using var scope = NewDisposeScope();
            var now = source is null ? network.MergedWeight(name) : weight;
            if (now is null)
            {
                continue; // no adapter on it
            }

            var before = source?.Read(name, weight.dtype, weight.device) ?? weight.to(now.dtype);
            var differs = now.ne(before);
            changed += differs.sum().item<long>();
            surviving += differs.logical_and(type.Round(name, now).ne(type.Round(name, before))).sum().item<long>();
        }

        return (changed, surviving);
    }
}
