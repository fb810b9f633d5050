using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// What the loss of a micro-batch is computed from: B completions, padded to T tokens, in one floating dtype on one device.
/// Values where the mask is 0 never matter, be they infinite or NaN, but for those of <paramref name="Correction"/>, which must be finite.
/// The caller owns and disposes all tensors.
/// </summary>
/// <param name="Lp">[B, T] log-probs of the completions' tokens under the current weights, in nats, with graph.</param>
/// <param name="Old">[B, T] the same at the weights that sampled; <see langword="null"/>: they are the current ones, so <paramref name="Lp"/> without graph.</param>
/// <param name="Sampler">[B, T] what the sampler said they were, NaN = it did not say; or <see langword="null"/>.</param>
/// <param name="Reference">[B, T] the same under the reference policy; needed if beta is not 0.</param>
/// <param name="Advantages">[B, 1].</param>
/// <param name="Mask">[B, T] any dtype; not 0 = the token carries loss.</param>
/// <param name="Entropy">[B, T] entropies of the distributions that the tokens were drawn from, in nats; or <see langword="null"/>: not measured.</param>
/// <param name="Correction">[B, T] or, at sequence modes, [B, 1]: the bounded IS ratio, if it is known already, as <see cref="CorrectionRatio"/> makes it; <see langword="null"/>: it is computed from old and sampler, where the settings ask for it.</param>
internal sealed record LossInputs(
    Tensor Lp,
    Tensor? Old,
    Tensor? Sampler,
    Tensor? Reference,
    Tensor Advantages,
    Tensor Mask,
    Tensor? Entropy = null,
    Tensor? Correction = null);
