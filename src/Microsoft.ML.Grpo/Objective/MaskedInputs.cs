using System.Globalization;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// <see cref="LossInputs"/> with zeros wherever the mask is 0, before anything is computed from them: exp of garbage at
/// padding is infinite, and infinity times a mask of 0 is NaN, in the loss or only in its gradient.
/// </summary>
/// <param name="Lp">[B, T], with graph; gradients at masked places are exactly 0.</param>
/// <param name="Old">[B, T], no graph.</param>
/// <param name="Sampler">[B, T], no graph, 0 where the sampler did not say; or <see langword="null"/>.</param>
/// <param name="SamplerMask">[B, T] 1 = the sampler's log-prob is known; or <see langword="null"/>.</param>
/// <param name="Reference">[B, T], no graph; or <see langword="null"/>.</param>
/// <param name="Advantages">[B, 1], no graph.</param>
/// <param name="Mask">[B, T] 1 or 0, of the dtype of <paramref name="Lp"/>.</param>
/// <param name="Entropy">[B, T], with its graph, if it has one; or <see langword="null"/>.</param>
/// <param name="Correction">[B, T] or [B, 1], no graph; or <see langword="null"/>.</param>
internal sealed record MaskedInputs(
    Tensor Lp,
    Tensor Old,
    Tensor? Sampler,
    Tensor? SamplerMask,
    Tensor? Reference,
    Tensor Advantages,
    Tensor Mask,
    Tensor? Entropy,
    Tensor? Correction)
{
    /// <summary>Checks the shapes and masks the values. The tensors belong to the current dispose scope.</summary>
    /// <param name="inputs">What the caller gave.</param>
    /// <param name="correction">Says whether a given IS ratio is one a token, or, at sequence modes, one a completion; and makes one that is not given.</param>
    /// <exception cref="ArgumentException">A tensor's shape or dtype does not fit the others.</exception>
    internal static MaskedInputs From(LossInputs inputs, CorrectionSettings correction)
    {
        long[] tokens = inputs.Lp.shape; // [B, T]
        if (tokens.Length != 2 || tokens[0] == 0 || tokens[1] == 0 || !inputs.Lp.is_floating_point())
        {
            throw new ArgumentException(
                $"{nameof(LossInputs.Lp)} is {inputs.Lp.dtype} {Describe(tokens)}. Give log-probs as [rows, tokens] of a floating dtype, neither of them 0.", nameof(inputs));
        }

        Require(inputs.Mask, tokens, nameof(LossInputs.Mask));
        Require(inputs.Advantages, [tokens[0], 1], nameof(LossInputs.Advantages));

        Tensor padding = inputs.Mask.eq(Scalars.Of(0));       // [B, T] bool
        Tensor carriesLoss = inputs.Mask.ne(Scalars.Of(0));   // [B, T] bool
        Tensor lp = inputs.Lp.masked_fill(padding, Scalars.Of(0));
        Tensor old = Known(inputs.Old, nameof(LossInputs.Old))?.detach() ?? lp.detach();
        Tensor? sampler = Known(inputs.Sampler, nameof(LossInputs.Sampler))?.detach();
        Tensor? missing = sampler?.ne(sampler);   // [B, T] bool: NaN is not itself. isnan, where and the logical functions have no meta kernels
        return new MaskedInputs(
            lp,
            old,
            sampler?.masked_fill(missing!, Scalars.Of(0)),
            sampler?.eq(sampler).bitwise_and(carriesLoss).to(lp.dtype),
            Known(inputs.Reference, nameof(LossInputs.Reference))?.detach(),
            inputs.Advantages.detach().to(lp.dtype),
            carriesLoss.to(lp.dtype),
            Known(inputs.Entropy, nameof(LossInputs.Entropy)),
            CorrectionOf(old));

        // The ratio of the whole rollout, if it is known; else from what the loss pass itself has found. Either way before any loss sees it.
        Tensor? CorrectionOf(Tensor from)
        {
            if (inputs.Correction is { } given)
            {
                Require(given, [tokens[0], correction.OfSequences ? 1 : tokens[1]], nameof(LossInputs.Correction));
                return given.detach().to(lp.dtype);
            }

            if (!correction.IsOn)
            {
                return null;
            }

            return sampler is null
                ? throw new ArgumentException(
                    $"The correction is {correction.Mode}, but the micro-batch has neither the IS ratio nor log-probs of the sampler. Give one of them, or set ImportanceSampling.Mode = Off.", nameof(inputs))
                : CorrectionRatio.Compute(from, sampler, carriesLoss, correction);
        }

        Tensor? Known(Tensor? values, string name)
        {
            if (values is null)
            {
                return null;
            }

            Require(values, tokens, name);
            return values.masked_fill(padding, Scalars.Of(0));
        }
    }

    private static void Require(Tensor tensor, long[] shape, string name)
    {
        if (!tensor.shape.AsSpan().SequenceEqual(shape))
        {
            throw new ArgumentException(
                $"{name} is {Describe(tensor.shape)}, not {Describe(shape)}, as {nameof(LossInputs.Lp)} asks for. Pad all tensors of a micro-batch to the same width.",
                nameof(tensor));
        }
    }

    private static string Describe(long[] shape) =>
        "[" + string.Join(", ", shape.Select(size => size.ToString(CultureInfo.InvariantCulture))) + "]";
}
