using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>How far the sampler's log-probs are from the trainer's at the same weights, over the tokens whose sampler log-prob is known.</summary>
internal static class SamplerMismatch
{
    /// <summary>Adds the mean and the greatest |old - smp|, in nats (the reference's names), and <c>sampling/kl</c>, the KL of sampler to trainer (ours).</summary>
    internal static void Add(Measurements measurements, MaskedInputs inputs)
    {
        if (inputs is not { Sampler: { } smp, SamplerMask: { } known })
        {
            return;
        }

        Tensor logRatio = inputs.Old - smp;                  // [B, T]
        Tensor difference = maximum(logRatio, -logRatio);    // [B, T] |old - smp|: abs has no meta kernel
        measurements.AddMaskedMean("sampling/sampling_logp_difference/mean", difference, known);
        measurements.AddMax("sampling/sampling_logp_difference/max", difference, known == Scalars.Of(0));
        measurements.AddMaskedMean("sampling/kl", Kl.K3(smp, inputs.Old), known);
    }
}
