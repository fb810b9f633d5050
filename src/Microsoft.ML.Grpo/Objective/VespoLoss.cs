using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// VESPO (variational sequence-level soft policy optimisation, arXiv 2602.10693): <c>l = -phi(w) A lp</c>, with w the ratio of the whole completion, the product
/// of its tokens' ratios, and phi a weight without gradient.
/// </summary>
internal sealed class VespoLoss(VespoShape positive, VespoShape negative) : PolicyLoss
{
    private const double MaxLogRatio = 20;

    private static readonly double MinLogWeight = Math.Log(1e-8);

    /// <inheritdoc/>
    internal override Tensor PerToken(RatioTerms ratio, Tensor advantages) =>
        -Weight(ratio, advantages) * advantages * ratio.Lp; // [B, T]

    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) =>
        Normalisers.MeanOverRolloutTokens(perToken, mask, scale);

    /// <inheritdoc/>
    internal override void Measure(RatioTerms ratio, Tensor advantages, Tensor mask, Measurements measurements)
    {
        Tensor phi = Weight(ratio, advantages);
        measurements.AddMaskedMean("vespo/phi_seq_mean", phi, ones_like(phi));
    }

    /// <summary><c>phi = exp(lambda + k q - lambda e^q)</c>, q = log w. Padding has a log-ratio of 0 and adds nothing.</summary>
    /// <returns>[B, 1], no graph; 0 where it is not finite.</returns>
    private Tensor Weight(RatioTerms ratio, Tensor advantages)
    {
        Tensor q = ratio.LogRatio.detach().clamp(Scalars.Of(-MaxLogRatio), Scalars.Of(MaxLogRatio)).sum(1, keepdim: true).clamp(Scalars.Of(MinLogWeight), Scalars.Of(MaxLogRatio)); // [B, 1]
        Tensor isPositive = (advantages >= Scalars.Of(0)).to(q.dtype);                                                                       // [B, 1]
        Tensor k = Choose(positive.K, negative.K);
        Tensor lambda = Choose(positive.Lambda, negative.Lambda).clamp(Scalars.Of(1e-4));
        Tensor phi = (lambda + (k * q) - (lambda * q.exp())).exp();
        return phi.masked_fill((phi - phi).ne(Scalars.Of(0)), Scalars.Of(0)); // infinity and NaN less themselves are NaN; nan_to_num has no meta kernel

        Tensor Choose(double ifPositive, double ifNegative) => (isPositive * Scalars.Of(ifPositive)) + ((Scalars.Of(1) - isPositive) * Scalars.Of(ifNegative));
    }
}
