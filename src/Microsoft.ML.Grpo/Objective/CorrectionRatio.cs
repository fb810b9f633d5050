using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The IS ratio <c>rho = exp(old - smp)</c>: sampler against trainer at the same weights. Not to be confused with <see cref="PolicyRatio"/>.</summary>
internal static class CorrectionRatio
{
    /// <summary>Computes the bounded ratio.</summary>
    /// <param name="old">[B, T] the trainer's log-probs at the weights that sampled; anything where the mask is 0.</param>
    /// <param name="sampler">[B, T] the sampler's; NaN = it did not say, which counts as a ratio of 1.</param>
    /// <param name="mask">[B, T] not 0 = the token carries loss.</param>
    /// <param name="settings">Mode, not <see cref="CorrectionMode.Off"/>, and bounds.</param>
    /// <returns>[B, T], 1 at padding before it is bounded; or, at sequence modes, [B, 1]. No graph; of the dispose scope that is open around the call.</returns>
    internal static Tensor Compute(Tensor old, Tensor sampler, Tensor mask, CorrectionSettings settings)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor ratio = OfLog(LogOfTokens(old, sampler, mask), settings);
        Tensor bounded = settings.Truncates
            ? ratio.clamp(Scalars.Of(settings.Least), Scalars.Of(settings.Most))
            : ratio.masked_fill(IsOutside(ratio, settings), Scalars.Of(0));
        return bounded.MoveToOuterDisposeScope();
    }

    /// <summary><c>old - smp</c> of each token, [B, T]: 0 at padding and where the sampler did not say.</summary>
    /// <inheritdoc cref="Compute"/>
    internal static Tensor LogOfTokens(Tensor old, Tensor sampler, Tensor mask)
    {
        Tensor unknown = mask.eq(Scalars.Of(0)).bitwise_or(sampler.ne(sampler)); // [B, T]
        return (old - sampler).masked_fill(unknown, Scalars.Of(0));
    }

    /// <summary>Which ratios the bounds change, as bool, of the shape of <paramref name="ratio"/>.</summary>
    /// <param name="ratio">What <see cref="OfLog"/> returns.</param>
    /// <param name="settings">The bounds.</param>
    internal static Tensor IsOutside(Tensor ratio, CorrectionSettings settings) =>
        (ratio < Scalars.Of(settings.Least)).bitwise_or(ratio > Scalars.Of(settings.Most));

    /// <summary>The ratio before it is bounded: of each token, or, at sequence modes, of each completion, [B, 1], the product of its tokens' ratios.</summary>
    /// <param name="logRatio">[B, T] what <see cref="LogOfTokens"/> returns.</param>
    /// <param name="settings">Which of the two.</param>
    internal static Tensor OfLog(Tensor logRatio, CorrectionSettings settings) =>
        (settings.OfSequences ? logRatio.sum(1, keepdim: true) : logRatio).exp();
}
