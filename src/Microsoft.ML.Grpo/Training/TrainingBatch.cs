using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A rollout as the loss reads it: R rows, padded to T completion tokens. It owns its tensors; rows keep their places
/// from the moment they are shuffled, so what a pass stores for a row is found again on a later visit.
/// </summary>
internal sealed class TrainingBatch : IDisposable
{
    private readonly Tensor _advantages; // [R, 1]
    private readonly Tensor _mask;       // [R, T]
    private readonly Tensor _sampler;    // [R, T]

    /// <summary>Builds the batch.</summary>
    /// <param name="rollout">The scored completions.</param>
    /// <param name="order">A permutation of its rows.</param>
    /// <param name="maskTruncated">Whether completions that were cut carry no loss.</param>
    /// <param name="dtype">The policy's.</param>
    /// <param name="device">The policy's.</param>
    public TrainingBatch(ScoredRollout rollout, IReadOnlyList<int> order, bool maskTruncated, ScalarType dtype, Device device)
    {
        Rows = [.. order.Select(i => rollout.Rows[i])];
        Width = Rows.Max(r => r.Completion.Ids.Count);
        var (mask, sampler) = (new double[Rows.Count, Width], new double[Rows.Count, Width]);
        for (var row = 0; row < Rows.Count; row++)
        {
            var completion = Rows[row].Completion;
            for (var t = 0; t < completion.Ids.Count; t++)
            {
                mask[row, t] = maskTruncated && completion.FinishReason == FinishReason.Length ? 0 : 1;
                sampler[row, t] = completion.LogProbs[t];
                LossTokens += mask[row, t];
            }
        }

        using var scope = NewDisposeScope();
        Tensor Own(Tensor onCpu) => onCpu.to(dtype, device, copy: true).DetachFromDisposeScope();

        _advantages = Own(tensor(order.Select(i => rollout.Advantages.Advantages[i]).ToArray()).unsqueeze(1));
        _mask = Own(tensor(mask));
        _sampler = Own(tensor(sampler));
    }

    /// <summary>The completions, in the order of the batch.</summary>
    public IReadOnlyList<RolloutRow> Rows { get; }

    /// <summary>T, the longest completion.</summary>
    public int Width { get; }

    /// <summary>Tokens that carry loss, over all rows (the reference's <c>num_items_in_batch</c>).</summary>
    public double LossTokens { get; }

    /// <summary>[R, T] log-probs at the weights that sampled; null: those of the loss pass are they.</summary>
    public Tensor? Old { get; private set; }

    /// <summary>[R, T] log-probs under the reference policy; null: not needed.</summary>
    public Tensor? Reference { get; private set; }

    /// <summary>Stores what the scoring pass found; the batch owns it.</summary>
    public void SetOld(Tensor old) => Old = old.DetachFromDisposeScope();

    /// <summary>Stores what the reference pass found; the batch owns it.</summary>
    public void SetReference(Tensor reference) => Reference = reference.DetachFromDisposeScope();

    /// <summary>What the loss of some rows is computed from.</summary>
    /// <param name="rows">Their places in the batch.</param>
    /// <param name="lp">[B, T'] their current log-probs, T' their longest completion.</param>
    /// <param name="entropies">[B, T'].</param>
    public LossInputs Inputs(IReadOnlyList<int> rows, Tensor lp, Tensor entropies)
    {
        var index = tensor(rows.Select(r => (long)r).ToArray(), device: lp.device);
        Tensor Select(Tensor whole) => whole.index(index).narrow(1, 0, lp.shape[1]);
        return new(
            lp, Old is { } old ? Select(old) : null, Select(_sampler), Reference is { } reference ? Select(reference) : null,
            _advantages.index(index), Select(_mask), entropies);
    }

    public void Dispose()
    {
        _advantages.Dispose();
        _mask.Dispose();
        _sampler.Dispose();
        Old?.Dispose();
        Reference?.Dispose();
    }
}
