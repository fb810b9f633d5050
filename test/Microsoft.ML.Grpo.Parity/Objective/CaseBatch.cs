using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>A case's tensors, float64 on the CPU, of the dispose scope that was open: put together as the trainer puts a rollout together.</summary>
/// <param name="Advantages">[rows].</param>
/// <param name="Mask">[rows, T].</param>
/// <param name="LossTokens">What the mask holds.</param>
/// <param name="Sampler">[rows, T]; null: not handed over.</param>
/// <param name="Lp">[rows, T] without gradient.</param>
/// <param name="Old">[rows, T] the old log-probs: a scoring pass's, or the current ones.</param>
/// <param name="Reference">[rows, T].</param>
/// <param name="Entropy">[rows, T] without gradient.</param>
/// <param name="IsAligned">Whether the current log-probs are the old ones wherever a token carries loss, so that no scoring pass is needed.</param>
internal sealed record CaseBatch(Tensor Advantages, Tensor Mask, double LossTokens, Tensor? Sampler, Tensor Lp, Tensor Old, Tensor Reference, Tensor Entropy, bool IsAligned)
{
    public static CaseBatch Of(ObjectiveCase one, InputSet set)
    {
        var rollout = set.Rollout(one.Options, one.HasSamplerLogProbs);
        int[] rows = [.. Enumerable.Range(0, rollout.Rows.Count)];
        using var batch = new TrainingBatch(rollout, 0, rows, one.Options.MaskTruncated, ScalarType.Float64, CPU);
        var (lp, entropy) = (Padded(set.Lp), Padded(set.Entropy));
        var inputs = batch.Inputs(rows, lp, entropy, OldSource.LossPass);
        var old = one.OldGiven ? Padded(set.Old) : lp;
        var aligned = (lp - old).masked_fill(inputs.Mask.eq(Scalars.Of(0)), Scalars.Of(0)).count_nonzero().item<long>() == 0;
        return new(inputs.Advantages, inputs.Mask, batch.LossTokens, inputs.Sampler, lp, old, Padded(set.Reference), entropy, aligned);

        Tensor Padded(double[][] rows) => GoldenJson.Padded(rows, 0, batch.Width);
    }

    /// <summary>What the loss is computed from; <c>Lp</c> and, if asked for, <c>Entropy</c> are leaves that gather a gradient.</summary>
    public LossInputs Inputs(bool precomputed, Tensor? correction, bool entropyGradient) => new(
        Lp.clone().requires_grad_(),
        precomputed ? Old : null,
        Sampler,
        Reference,
        Advantages,
        Mask,
        entropyGradient ? Entropy.clone().requires_grad_() : Entropy,
        precomputed ? correction : null);
}
