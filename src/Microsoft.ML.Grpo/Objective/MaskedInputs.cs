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
internal sealed record MaskedInputs(
    Tensor Lp,
    Tensor Old,
    Tensor? Sampler,
    Tensor? SamplerMask,
    Tensor? Reference,
    Tensor Advantages,
    Tensor Mask,
    Tensor? Entropy)
{
    /// <summary>Checks the shapes and masks the values. The tensors belong to the current dispose scope.</summary>
    /// <exception cref="ArgumentException">A tensor's shape or dtype does not fit the others.</exception>
    internal static MaskedInputs From(LossInputs inputs)
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
            Known(inputs.Entropy, nameof(LossInputs.Entropy)));

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
