using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Keeps the tokens of high entropy, where the policy has a choice, in the policy term.
/// Source: "Beyond the 80/20 rule", arXiv 2506.01939.
/// </summary>
/// <param name="Kept">[B, T] 1 = the token is kept, else 0; no graph.</param>
/// <param name="Tokens">How many of the slice are: a scalar.</param>
internal sealed record EntropyMask(Tensor Kept, Tensor Tokens)
{
    /// <summary>Finds the cut of a slice: its entropies are those of all its micro-batches, in any order and shape.</summary>
    /// <param name="entropies">[...] in nats; anything where the mask is 0.</param>
    /// <param name="mask">The same shape; not 0 = the token carries loss.</param>
    /// <param name="quantile">The share of the tokens that is kept, 0 to 1; 0 keeps those of the greatest entropy.</param>
    /// <returns>Numbers: reading them waits for the device.</returns>
    internal static EntropyCut Find(Tensor entropies, Tensor mask, double quantile)
    {
        using var scope = NewDisposeScope();
        Tensor masked = entropies.detach().masked_fill(mask.eq(Scalars.Of(0)), Scalars.Of(0));
        Tensor carriesLoss = mask.ne(Scalars.Of(0)).to(masked.dtype);
        Tensor threshold = Threshold(masked, carriesLoss, quantile);
        Tensor kept = Above(masked, carriesLoss, threshold);
        double least = threshold.to(ScalarType.Float64).item<double>();
        return new EntropyCut(double.IsNaN(least) ? double.PositiveInfinity : least, kept.sum(ScalarType.Float64).item<double>());
    }

    /// <summary>The mask of a micro-batch.</summary>
    /// <param name="entropies">[B, T], 0 where the mask is 0.</param>
    /// <param name="mask">[B, T] 1 or 0.</param>
    /// <param name="quantile">The share of the slice's tokens that is kept.</param>
    /// <param name="cut">The slice's; null: the micro-batch is the whole slice.</param>
    internal static EntropyMask Of(Tensor entropies, Tensor mask, double quantile, EntropyCut? cut)
    {
        Tensor values = entropies.detach();
        Tensor kept = Above(values, mask, cut is { } known ? Number(known.Threshold) : Threshold(values, mask, quantile));
        return new EntropyMask(kept, cut is { } counted ? Number(counted.Tokens) : kept.sum(ScalarType.Float64));

        Tensor Number(double value) => full([], Scalars.Of(value), ScalarType.Float64, mask.device);
    }

    private static Tensor Above(Tensor entropies, Tensor mask, Tensor threshold) => entropies.ge(threshold).to(mask.dtype) * mask;

    /// <summary>
    /// The quantile 1 - share of the masked values, interpolated linearly, in float32 as the reference finds it; NaN, which nothing reaches, of nothing.
    /// It stays on the device: how many values there are is not asked for.
    /// </summary>
    private static Tensor Threshold(Tensor entropies, Tensor mask, double share)
    {
        Tensor values = entropies.to(ScalarType.Float32).masked_fill(mask.eq(Scalars.Of(0)), Scalars.Of(double.PositiveInfinity)).flatten();
        Tensor sorted = values.sort().Values;                                                                   // [N], what is masked last
        Tensor count = mask.sum(ScalarType.Float32);
        Tensor rank = ((count - Scalars.Of(1)) * Scalars.Of(1 - share)).clamp(Scalars.Of(0));                   // of nothing: 0
        Tensor below = sorted.gather(0, rank.floor().to(ScalarType.Int64).unsqueeze(0));
        Tensor above = sorted.gather(0, rank.ceil().to(ScalarType.Int64).unsqueeze(0));
        return lerp(below, above, rank - rank.floor()).squeeze(0);
    }
}
