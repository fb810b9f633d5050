using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Draws one token a row from logits by inverting the cumulative distribution at a given uniform number, and scores it
/// under the full distribution, whatever was truncated for the draw.
/// </summary>
internal static class TokenSampler
{
    /// <summary>Draws and scores.</summary>
    /// <param name="logits">[R, V], unscaled.</param>
    /// <param name="sampling">How to draw.</param>
    /// <param name="uniforms">[R] float64 in [0, 1); not read if greedy.</param>
    /// <returns>Two tensors [R]: ids (int64) and log-probs.</returns>
    public static (Tensor Ids, Tensor LogProbs) Draw(Tensor logits, SamplingParameters sampling, Tensor uniforms)
    {
        using var scope = NewDisposeScope();
        var scaled = FullHead.Scale(logits, sampling.ScoringTemperature);
        var normaliser = FullHead.LogNormaliser(scaled); // [R]
        var ids = sampling.Greedy ? scaled.argmax(1) : Invert(Truncate((scaled - normaliser.unsqueeze(1)).exp(), sampling), uniforms);
        var logProbs = scaled.gather(1, ids.unsqueeze(1)).squeeze(1) - normaliser;
        return (ids.MoveToOuterDisposeScope(), logProbs.MoveToOuterDisposeScope());
    }

    /// <summary>The first token whose cumulative probability exceeds u times the whole; summed in float64, since float32 loses the tail of a large vocabulary.</summary>
    private static Tensor Invert(Tensor probabilities, Tensor uniforms)
    {
        var cumulative = probabilities.to(ScalarType.Float64).cumsum(1); // [R, V]
        var target = cumulative.narrow(1, cumulative.shape[1] - 1, 1) * uniforms.unsqueeze(1);
        return cumulative.le(target).sum(1).clamp_max(Scalars.Of(cumulative.shape[1] - 1));
    }

    /// <summary>Sets what may not be drawn to 0: top-k, then top-p of what is left, then min-p, as transformers does.</summary>
    private static Tensor Truncate(Tensor probabilities, SamplingParameters sampling)
    {
        if (sampling.TopK is { } k && k < probabilities.shape[1])
        {
            var (top, _) = probabilities.topk(k, 1);
            probabilities = probabilities.masked_fill(probabilities.lt(top.narrow(1, k - 1, 1)), Scalars.Of(0));
        }

        if (sampling.TopP is { } p && p < 1)
        {
            var (sorted, order) = probabilities.sort(1, descending: true);
            var before = sorted.cumsum(1) - sorted;
            var dropped = before.ge(sorted.sum(1, keepdim: true) * Scalars.Of(p)); // The most likely token always stays.
            probabilities = probabilities.masked_fill(dropped.scatter(1, order, dropped), Scalars.Of(0));
        }

        if (sampling.MinP is { } m && m > 0)
        {
            probabilities = probabilities.masked_fill(probabilities.lt(probabilities.amax([1], keepdim: true) * Scalars.Of(m)), Scalars.Of(0));
        }

        return probabilities;
    }
}
