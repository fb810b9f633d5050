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
    private readonly Tensor? _sampler;   // [R, T], NaN = the sampler did not say; null: it said nothing of any row
    private readonly double[] _lossTokens; // [R]
    private readonly bool[] _kept;       // [R]
    private readonly bool[] _even;       // [R] the advantage is 0
    private readonly bool[] _ofEvenGroup; // [R] and so are those of its whole group

    /// <summary>Builds the batch.</summary>
    /// <param name="rollout">The scored completions.</param>
    /// <param name="number">The rollout's number.</param>
    /// <param name="order">A permutation of its rows.</param>
    /// <param name="maskTruncated">Whether completions that were cut carry no loss.</param>
    /// <param name="dtype">The policy's.</param>
    /// <param name="device">The policy's.</param>
    public TrainingBatch(ScoredRollout rollout, long number, IReadOnlyList<int> order, bool maskTruncated, ScalarType dtype, Device device)
    {
        Number = number;
        Order = order;
        Rows = [.. order.Select(i => rollout.Rows[i])];
        Width = Rows.Max(r => r.Completion.Ids.Count);
        var (mask, sampler) = (new double[Rows.Count, Width], new double[Rows.Count, Width]);
        (_lossTokens, _kept) = (new double[Rows.Count], new bool[Rows.Count]);
        for (var row = 0; row < Rows.Count; row++)
        {
            var completion = Rows[row].Completion;
            var cut = maskTruncated && completion.FinishReason == FinishReason.Length;
            for (var t = 0; t < completion.Ids.Count; t++)
            {
                mask[row, t] = !cut && completion.ModelTokens?[t] != false ? 1 : 0;
                sampler[row, t] = completion.LogProbs?[t] ?? double.NaN;
                _lossTokens[row] += mask[row, t];
            }
        }

        _even = [.. order.Select(i => rollout.Advantages.Advantages[i] == 0)];
        bool[] groups = [.. rollout.Advantages.Advantages.Chunk(rollout.GroupSize).Select(group => group.All(advantage => advantage == 0))];
        _ofEvenGroup = [.. order.Select(i => groups[i / rollout.GroupSize])];
        using var scope = NewDisposeScope();
        Tensor Own(Tensor onCpu) => onCpu.to(dtype, device, copy: true).DetachFromDisposeScope();

        _advantages = Own(tensor(order.Select(i => rollout.Advantages.Advantages[i]).ToArray()).unsqueeze(1));
        _mask = Own(tensor(mask));
        _sampler = Rows.Any(r => r.Completion.LogProbs is not null) ? Own(tensor(sampler)) : null;
    }

    /// <summary>Number of the rollout.</summary>
    public long Number { get; }

    /// <summary>[R] the row of the rollout that stands at each place.</summary>
    public IReadOnlyList<int> Order { get; }

    /// <summary>The completions, in the order of the batch.</summary>
    public IReadOnlyList<RolloutRow> Rows { get; }

    /// <summary>T, the longest completion.</summary>
    public int Width { get; }

    /// <summary>Whether the sampler said anything of any row.</summary>
    public bool HasSamplerLogProbs => _sampler is not null;

    /// <summary>Tokens that carry loss, over all rows (the reference's <c>num_items_in_batch</c>).</summary>
    public double LossTokens => _lossTokens.Sum();

    /// <summary>[R, T] log-probs at the weights that sampled, as far as they have been found; null: none yet.</summary>
    public Tensor? Old { get; private set; }

    /// <summary>[R, T] or [R, 1] the bounded IS ratio, likewise; null: none yet, or no correction.</summary>
    public Tensor? Ratio { get; private set; }

    /// <summary>[R, T] log-probs under the reference policy; null: not needed.</summary>
    public Tensor? Reference { get; private set; }

    /// <summary>Tokens that carry loss, over some rows.</summary>
    public double LossTokensOf(IEnumerable<int> rows) => rows.Sum(r => _lossTokens[r]);

    /// <summary>What goes through a model for a row: nothing where no token carries loss, since then nothing is learned from it.</summary>
    public TokenSequence? Pass(int row) => _lossTokens[row] > 0 ? Rows[row].Sequence : null;

    /// <summary>Whether a row's advantage is exactly 0: its group's rewards are all equal, or it could not be judged.</summary>
    public bool IsEven(int row) => _even[row];

    /// <summary>Whether a row is learned from in a loss pass that treats such rows in a given way.</summary>
    public bool IsLearned(int row, EvenRowsPass even) => even switch
    {
        EvenRowsPass.None => !_even[row],
        EvenRowsPass.Forward => !_ofEvenGroup[row], // apart from its group a row would need its prompt for itself
        _ => true,
    };

    /// <summary>Stores what the scoring pass found, for all rows; the batch owns it.</summary>
    /// <param name="old">[R, T].</param>
    /// <param name="correction">The correction, whose ratio is then known too; off, if the sampler said nothing.</param>
    public void Precomputed(Tensor old, CorrectionSettings correction)
    {
        Old = old.DetachFromDisposeScope();
        Ratio = correction.IsOn ? CorrectionRatio.Compute(Old, _sampler!, _mask, correction).DetachFromDisposeScope() : null;
        Array.Fill(_kept, true);
    }

    /// <summary>Stores what the reference pass found; the batch owns it.</summary>
    public void SetReference(Tensor reference) => Reference = reference.DetachFromDisposeScope();

    /// <summary>Keeps what a first visit found; rows that have theirs keep it, since the weights of a later visit need not be those that sampled.</summary>
    /// <param name="rows">Places of the rows.</param>
    /// <param name="old">[B, T'], no graph.</param>
    /// <param name="ratio">[B, T'], or [B, 1] where it is of sequences, no graph; null: no correction.</param>
    /// <param name="correction">The correction.</param>
    public void Keep(IReadOnlyList<int> rows, Tensor old, Tensor? ratio, CorrectionSettings correction)
    {
        if (rows.All(r => _kept[r]))
        {
            return;
        }

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var index = Index(rows);
        Old ??= zeros_like(_mask).DetachFromDisposeScope();
        Old.narrow(1, 0, old.shape[1]).index_copy_(0, index, old);
        if (ratio is not null)
        {
            // Not the ratio's own width: where the rows' longest completion is one token, that of tokens is [B, 1] too.
            Ratio ??= ones(Rows.Count, correction.OfSequences ? 1 : Width, _mask.dtype, _mask.device).DetachFromDisposeScope();
            Ratio.narrow(1, 0, ratio.shape[1]).index_copy_(0, index, ratio);
        }

        foreach (var row in rows)
        {
            _kept[row] = true;
        }
    }

    /// <summary>Which tokens of some rows carry loss, [B, T'], of the dispose scope that is open.</summary>
    /// <param name="rows">Their places in the batch.</param>
    /// <param name="width">T'.</param>
    public Tensor MaskOf(IReadOnlyList<int> rows, long width) => _mask.index(Index(rows)).narrow(1, 0, width);

    /// <summary>What the loss of some rows is computed from.</summary>
    /// <param name="rows">Their places in the batch; either all have been visited before or none.</param>
    /// <param name="lp">[B, T'] their current log-probs, T' their longest completion.</param>
    /// <param name="entropies">[B, T'].</param>
    /// <param name="source">Where the old log-probs come from.</param>
    public LossInputs Inputs(IReadOnlyList<int> rows, Tensor lp, Tensor entropies, OldSource source)
    {
        var index = Index(rows);
        Tensor Select(Tensor whole) => whole.index(index).narrow(1, 0, whole.shape[1] == 1 ? 1 : lp.shape[1]);
        var known = source != OldSource.LossPass && rows.All(r => _kept[r]);
        return new(
            lp,
            known ? Select(Old!) : null,
            _sampler is { } sampler ? Select(sampler) : null,
            Reference is { } reference ? Select(reference) : null,
            _advantages.index(index),
            Select(_mask),
            entropies,
            known && Ratio is { } ratio ? Select(ratio) : null);
    }

    /// <summary>The mismatch of sampler and trainer over the rows of the rollout that have their old log-probs, NaN if none has; nothing if the sampler said nothing.</summary>
    public IReadOnlyDictionary<string, double> Mismatch(CorrectionSettings correction)
    {
        if (_sampler is null)
        {
            return new Dictionary<string, double>();
        }

        using var scope = NewDisposeScope();
        if (Old is null)
        {
            var nothing = zeros_like(_mask);
            return CorrectionMetrics.Measure(nothing, _sampler, nothing, rho: null, correction).ToDictionary(metric => metric.Key, _ => double.NaN);
        }

        var mask = _kept.All(kept => kept) ? _mask : _mask * tensor(_kept, device: _mask.device).to(_mask.dtype).unsqueeze(1);
        return CorrectionMetrics.Measure(Old, _sampler, mask, Ratio, correction);
    }

    public void Dispose()
    {
        _advantages.Dispose();
        _mask.Dispose();
        _sampler?.Dispose();
        Old?.Dispose();
        Ratio?.Dispose();
        Reference?.Dispose();
    }

    private Tensor Index(IReadOnlyList<int> rows) => tensor(rows.Select(r => (long)r).ToArray(), device: _mask.device);
}
