using System.Globalization;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The loss of a micro-batch from its log-probs: a pure function, the same on every route that leads to them. Where old log-probs
/// and IS ratio are not known yet, they are made here, before any loss sees them, and handed back for later visits.
/// </summary>
internal static class PolicyObjective
{
    /// <summary>Computes the loss and what is measured beside it.</summary>
    /// <param name="inputs">Log-probs, advantages and mask.</param>
    /// <param name="settings">Loss type and its numbers.</param>
    /// <param name="scale">The slice's denominators.</param>
    /// <returns>Tensors of the dispose scope that is open around the call.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit together, something that the settings need is not there, or they contradict each other.</exception>
    internal static LossResult Compute(LossInputs inputs, ObjectiveSettings settings, LossScale scale) =>
        Compute(inputs, settings, scale, PolicyLoss.For(settings));

    /// <inheritdoc cref="Compute(LossInputs, ObjectiveSettings, LossScale)"/>
    internal static LossResult Compute(LossInputs inputs, ObjectiveSettings settings, LossScale scale, PolicyLoss loss)
    {
        using var scope = NewDisposeScope();
        Check(settings, loss);
        MaskedInputs batch = MaskedInputs.From(inputs, settings.Correction);
        RatioTerms ratio = PolicyRatio.Compute(batch.Lp, batch.Old, batch.Mask, settings.RatioLevel);
        var terms = new LossTerms(batch.Lp, batch.Old, ratio, batch.Advantages, batch.Mask, batch.Correction);
        EntropyMask? kept = KeptByEntropy(batch, settings, scale);

        // The masks and the IS ratio weigh the policy's term alone, not the KL, and change no denominator.
        Tensor perToken = loss.PerToken(terms);                                     // [B, T] or [B, 1]
        if (settings.OffPolicyMaskThreshold is { } threshold)
        {
            perToken *= OffPolicyMask.Of(batch, threshold);
        }

        if (kept is not null)
        {
            perToken *= kept.Kept;
        }

        if (batch.Correction is { } rho && !loss.PlacesCorrection)
        {
            perToken *= rho;
        }

        Tensor? kl = KlToReference(batch, ratio, settings);                         // [B, T]
        Tensor total = kl is null ? perToken : perToken.Plus(kl * Scalars.Of(settings.Beta));
        Tensor policyLoss = loss.Reduce(total, batch.Mask, scale);
        EntropyBonus? bonus = settings.EntropyBonus ? EntropyBonus.Of(Entropy(batch, settings), batch.Mask, kept, scale) : null;
        Tensor value = bonus is null || scale.EntropyCoefficient == 0 ? policyLoss : policyLoss - bonus.Share(scale);

        PackedStatistics statistics = Measure(batch, terms, kl, loss, bonus is null ? null : (bonus, loss.SharesRolloutTokens ? policyLoss : policyLoss * Scalars.Of(scale.Accumulation)));
        value.MoveToOuterDisposeScope();
        statistics.Values.MoveToOuterDisposeScope();
        return new LossResult(value, statistics, batch.Old.MoveToOuterDisposeScope(), batch.Correction?.MoveToOuterDisposeScope());
    }

    private static void Check(ObjectiveSettings settings, PolicyLoss loss)
    {
        if (loss.PlacesCorrection && settings.Correction.OfSequences)
        {
            throw new ArgumentException(
                $"Vespo weighs a completion by the IS ratios of its tokens, and {settings.Correction.Mode} has none. Set ImportanceSampling.Mode to TokenTruncate, TokenMask or Off, or another loss type.", nameof(settings));
        }
    }

    private static EntropyMask? KeptByEntropy(MaskedInputs batch, ObjectiveSettings settings, LossScale scale)
    {
        if (settings.TopEntropyQuantile == 1)
        {
            return null;
        }

        if (scale.EntropyCut is null && batch.Lp.shape[0] != scale.SliceRows)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The micro-batch has {batch.Lp.shape[0]} of the slice's {scale.SliceRows} rows, and {nameof(LossScale.EntropyCut)} is null. Find the cut with {nameof(EntropyMask)}.{nameof(EntropyMask.Find)} from the entropies of the whole slice."),
                nameof(scale));
        }

        return EntropyMask.Of(Entropy(batch, settings), batch.Mask, settings.TopEntropyQuantile, scale.EntropyCut);
    }

    private static Tensor Entropy(MaskedInputs batch, ObjectiveSettings settings) => batch.Entropy ?? throw new ArgumentException(
        string.Create(
            CultureInfo.InvariantCulture,
            $"TopEntropyQuantile is {settings.TopEntropyQuantile} and the entropy bonus {(settings.EntropyBonus ? "on" : "off")}, but the micro-batch has no entropies. Give them, or set TopEntropyQuantile = 1 and no bonus."),
        nameof(batch));

    private static Tensor? KlToReference(MaskedInputs batch, RatioTerms ratio, ObjectiveSettings settings)
    {
        if (settings.Beta == 0)
        {
            return null;
        }

        if (batch.Reference is not { } reference)
        {
            throw new ArgumentException(
                $"Beta is {settings.Beta.ToString(CultureInfo.InvariantCulture)}, but the micro-batch has no log-probs of the reference policy. Run the reference pass, or set Beta = 0.",
                nameof(batch));
        }

        Tensor k3 = Kl.K3(batch.Lp, reference); // [B, T]
        return settings.BiasCorrectedKl ? Kl.BiasCorrected(k3, ratio) : k3;
    }

    private static PackedStatistics Measure(MaskedInputs batch, LossTerms terms, Tensor? kl, PolicyLoss loss, (EntropyBonus Bonus, Tensor PolicyLoss)? bonus)
    {
        using var _ = no_grad();
        var measurements = new Measurements();
        if (kl is not null)
        {
            measurements.AddMaskedMean("kl", kl, batch.Mask);
        }

        if (batch.Entropy is { } entropy)
        {
            measurements.AddMaskedMean("entropy", entropy, batch.Mask);
        }

        if (bonus is var (paid, policyLoss))
        {
            measurements.AddSum("policy_loss", policyLoss);
            measurements.AddMean(LossStatistics.EntropyOfBonus, paid.Entropy, paid.Tokens);
        }

        RatioMetrics.Add(measurements, terms.Ratio);
        loss.Measure(terms, measurements);
        return measurements.Pack();
    }
}
