using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// VESPO (variational sequence-level soft policy optimisation, arXiv 2602.10693): <c>l = -phi(w) A lp</c>, with w the ratio of the whole completion, the product
/// of its tokens' ratios, and phi a weight without gradient. The IS ratio is part of w and does not multiply the loss besides.
/// </summary>
internal sealed class VespoLoss(VespoShape positive, VespoShape negative) : PolicyLoss
{
    private const double MaxLogRatio = 20;

    private static readonly double MinLogWeight = Math.Log(1e-8);

    /// <inheritdoc/>
    internal override bool PlacesCorrection => true;

    /// <inheritdoc/>
    internal override bool SharesRolloutTokens => true;

    /// <inheritdoc/>
    internal override Tensor PerToken(LossTerms terms) =>
        -Weight(terms) * terms.Advantages * terms.Lp; // [B, T]

    /// <inheritdoc/>
    internal override Tensor Reduce(Tensor perToken, Tensor mask, LossScale scale) =>
        Normalisers.MeanOverRolloutTokens(perToken, mask, scale);

    /// <inheritdoc/>
    internal override void Measure(LossTerms terms, Measurements measurements)
    {
        Tensor phi = Weight(terms);
        measurements.AddMaskedMean("vespo/phi_seq_mean", phi, ones_like(phi));
    }

    /// <summary><c>phi = exp(lambda + k q - lambda e^q)</c>, q = log w.</summary>
    /// <returns>[B, 1], no graph; 0 where it is not finite.</returns>
    private Tensor Weight(LossTerms terms)
    {
        Tensor q = LogWeight(terms);                                    // [B, 1]
        Tensor isPositive = terms.Advantages >= Scalars.Of(0);          // [B, 1] bool
        Tensor k = BySign.Choose(q, isPositive, positive.K, negative.K);
        Tensor lambda = BySign.Choose(q, isPositive, positive.Lambda, negative.Lambda).clamp(Scalars.Of(1e-4));
        Tensor phi = lambda.Plus(k * q).sub(lambda * q.exp()).exp();
        return phi.masked_fill((phi - phi).ne(Scalars.Of(0)), Scalars.Of(0)); // infinity and NaN less themselves are NaN; nan_to_num has no meta kernel
    }

    /// <summary>
    /// The sum of a completion's log-ratios. Padding has a policy ratio of 1 and adds nothing; its IS ratio is 1 too, unless the bounds
    /// leave 1 out: it is then counted as the reference counts it, once for every place of the padded width.
    /// </summary>
    private static Tensor LogWeight(LossTerms terms)
    {
        Tensor q = SumOf(terms.Ratio.TokenLog.detach(), -MaxLogRatio);  // [B, 1]
        if (terms.Correction is { } rho)                                // [B, T]
        {
            q = q.Plus(SumOf(rho.log(), MinLogWeight));
        }

        return q.clamp(Scalars.Of(MinLogWeight), Scalars.Of(MaxLogRatio));

        static Tensor SumOf(Tensor logRatios, double least) => logRatios.clamp(Scalars.Of(least), Scalars.Of(MaxLogRatio)).sum(1, keepdim: true);
    }
}
