using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// How far sampler and trainer are apart at the same weights, and what the bounds of the IS ratio do about it. Of a whole
/// rollout at once: shares and effective sizes of its parts are not those of the whole.
/// </summary>
internal static class CorrectionMetrics
{
    /// <summary>Holds the mean of the squares until they are read.</summary>
    private const string EffectiveSize = "sampling/effective_sample_size";

    private static readonly string[] ReferencesExtremes =
        ["sampling/sampling_logp_difference/max", "sampling/importance_sampling_ratio/min", "sampling/importance_sampling_ratio/max"];

    /// <summary>Measures a rollout. Of nothing, means and all metrics of the reference are 0, as there, and all else is NaN.</summary>
    /// <param name="old">[R, T] the trainer's log-probs at the weights that sampled; anything where the mask is 0.</param>
    /// <param name="sampler">[R, T] the sampler's; NaN = it did not say: left out of the difference and the divergence, a ratio of 1 elsewhere.</param>
    /// <param name="mask">[R, T] not 0 = the token carries loss.</param>
    /// <param name="rho">[R, T] or [R, 1] the bounded ratio, if it is known already.</param>
    /// <param name="settings">The correction; where it is off, the ratios are those of tokens and nothing is said of bounds.</param>
    /// <returns>
    /// The reference's names: <c>sampling/sampling_logp_difference/mean</c> and <c>max</c>, of |old - smp| in nats; with the correction on,
    /// <c>sampling/importance_sampling_ratio/min</c>, <c>mean</c> and <c>max</c>, after bounding. Ours: <c>sampling/kl</c>, the divergence of sampler
    /// to trainer, in nats a token; <c>sampling/ratio_unbounded/min</c>, <c>mean</c> and <c>max</c>; <c>sampling/effective_sample_size</c>, of those,
    /// as a share, <c>(sum rho)^2 / (n sum rho^2)</c>; <c>sampling/share_truncated</c> or <c>sampling/share_masked</c>, the share that the bounds changed.
    /// Ratios are counted over the tokens that carry loss, or, at sequence modes, over all rows.
    /// </returns>
    internal static IReadOnlyDictionary<string, double> Measure(Tensor old, Tensor sampler, Tensor mask, Tensor? rho, CorrectionSettings settings)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var measurements = new Measurements();
        Tensor carriesLoss = mask.ne(Scalars.Of(0));                                        // [R, T] bool
        Tensor logRatio = CorrectionRatio.LogOfTokens(old, sampler, mask);                  // [R, T]
        AddDifference(measurements, logRatio, carriesLoss.bitwise_and(sampler.eq(sampler)));

        Tensor unbounded = CorrectionRatio.OfLog(logRatio, settings);                       // [R, T] or [R, 1]
        Tensor counted = settings.OfSequences ? ones_like(unbounded) : carriesLoss.to(unbounded.dtype);
        AddExtremesAndMean(measurements, "sampling/ratio_unbounded", unbounded, counted);
        measurements.AddMaskedMean(EffectiveSize, unbounded * unbounded, counted);
        if (settings.IsOn)
        {
            Tensor bounded = rho ?? CorrectionRatio.Compute(old, sampler, mask, settings);
            AddExtremesAndMean(measurements, "sampling/importance_sampling_ratio", bounded, counted);

            // Not where the two differ: the ratio that is given may be summed over another width, and so rounded otherwise.
            Tensor outside = CorrectionRatio.IsOutside(unbounded, settings).to(counted.dtype);
            measurements.AddMaskedMean(settings.Truncates ? "sampling/share_truncated" : "sampling/share_masked", outside, counted);
        }

        return Finish(measurements.Pack().Read().ToMetrics());
    }

    private static void AddDifference(Measurements measurements, Tensor logRatio, Tensor known)
    {
        Tensor count = known.to(logRatio.dtype);                        // [R, T]
        Tensor difference = maximum(logRatio, -logRatio);               // [R, T]: abs has no meta kernel
        measurements.AddMaskedMean("sampling/sampling_logp_difference/mean", difference, count);
        measurements.AddMax("sampling/sampling_logp_difference/max", difference, count == Scalars.Of(0));
        measurements.AddMaskedMean("sampling/kl", Kl.K3(logRatio), count);
    }

    private static void AddExtremesAndMean(Measurements measurements, string name, Tensor ratio, Tensor counted)
    {
        Tensor leftOut = counted == Scalars.Of(0);
        measurements.AddMin(name + "/min", ratio, leftOut);
        measurements.AddMaskedMean(name + "/mean", ratio, counted);
        measurements.AddMax(name + "/max", ratio, leftOut);
    }

    /// <summary><c>(sum rho)^2 / (n sum rho^2)</c> is the square of the mean over the mean of the squares.</summary>
    private static Dictionary<string, double> Finish(IReadOnlyDictionary<string, double> measured)
    {
        var metrics = new Dictionary<string, double>(measured);
        double mean = measured["sampling/ratio_unbounded/mean"];
        metrics[EffectiveSize] = mean * mean / measured[EffectiveSize]; // 0/0 of nothing
        foreach (string name in ReferencesExtremes.Where(name => metrics.TryGetValue(name, out double value) && double.IsNaN(value)))
        {
            metrics[name] = 0;
        }

        return metrics;
    }
}
