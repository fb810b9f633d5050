using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// The loss of a micro-batch from its log-probs: a pure function, the same on every route that leads to them.
/// Not here yet: the correction of an external sampler's mismatch, which is measured all the same.
/// </summary>
internal static class PolicyObjective
{
    /// <summary>Computes the loss and what is measured beside it.</summary>
    /// <param name="inputs">Log-probs, advantages and mask.</param>
    /// <param name="settings">Loss type and its numbers.</param>
    /// <param name="scale">The slice's denominators.</param>
    /// <returns>Tensors of the dispose scope that is open around the call.</returns>
    /// <exception cref="ArgumentException">Shapes do not fit together, or beta is not 0 and there is no reference.</exception>
    internal static LossResult Compute(LossInputs inputs, ObjectiveSettings settings, LossScale scale) =>
        Compute(inputs, settings, scale, PolicyLoss.For(settings));

    /// <inheritdoc cref="Compute(LossInputs, ObjectiveSettings, LossScale)"/>
    internal static LossResult Compute(LossInputs inputs, ObjectiveSettings settings, LossScale scale, PolicyLoss loss)
    {
        using var scope = NewDisposeScope();
        MaskedInputs batch = MaskedInputs.From(inputs);
        RatioTerms ratio = PolicyRatio.OfTokens(batch.Lp, batch.Old);

        Tensor? kl = KlToReference(batch, ratio, settings);            // [B, T]
        Tensor perToken = loss.PerToken(ratio, batch.Advantages);      // [B, T]
        Tensor total = kl is null ? perToken : perToken + (kl * Scalars.Of(settings.Beta));
        Tensor value = loss.Reduce(total, batch.Mask, scale);

        PackedStatistics statistics = Measure(batch, ratio, kl, loss);
        value.MoveToOuterDisposeScope();
        statistics.Values.MoveToOuterDisposeScope();
        return new LossResult(value, statistics, batch.Old.MoveToOuterDisposeScope(), null);
    }

    private static Tensor? KlToReference(MaskedInputs batch, RatioTerms ratio, ObjectiveSettings settings)
    {
        if (settings.Beta == 0)
        {
            return null;
        }

        if (batch.Reference is not { } reference)
        {
            throw new ArgumentException(
                $"Beta is {settings.Beta.ToString(System.Globalization.CultureInfo.InvariantCulture)}, but the micro-batch has no log-probs of the reference policy. Run the reference pass, or set Beta = 0.",
                nameof(batch));
        }

        Tensor k3 = Kl.K3(batch.Lp, reference); // [B, T]
        return settings.BiasCorrectedKl ? Kl.BiasCorrected(k3, ratio) : k3;
    }

    private static PackedStatistics Measure(MaskedInputs batch, RatioTerms ratio, Tensor? kl, PolicyLoss loss)
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

        RatioMetrics.Add(measurements, ratio.Ratio, batch.Mask);
        SamplerMismatch.Add(measurements, batch);
        loss.Measure(ratio, batch.Advantages, batch.Mask, measurements);
        return measurements.Pack();
    }
}
