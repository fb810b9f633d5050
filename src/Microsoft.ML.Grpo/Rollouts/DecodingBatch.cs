using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Sequences that are sampled together, one slot each. A finished sequence stays in its slot, unused, until enough have
/// finished to be worth taking out; the number of slots is always a multiple of eight, filled with unused ones, since
/// below that matrix products take other paths and a row's last bits would depend on its companions.
/// </summary>
internal sealed class DecodingBatch : IDisposable
{
    private const int SlotMultiple = 8;
    private const int MostPrefillTokens = 8192; // of a pass: beyond it nothing is gained, and activations would grow with the rollout
    private const int FirstRoom = 16;
    private const double WorthCompacting = 0.75;

    private readonly CausalLM _model;
    private readonly RolloutRequest _request;
    private readonly WorkCounters _work;
    private readonly (WorkPurpose Prefill, WorkPurpose Decode) _purposes;
    private readonly KeyValueCache _cache;
    private readonly int _longest; // a sequence can become, prompt and completion, in tokens
    private readonly Sequence[] _sequences; // in slot order at the start
    private Sequence?[] _slots;             // null = filler

    public DecodingBatch(CausalLM model, RolloutRequest request, IReadOnlyList<RolloutPrompt> prompts, WorkCounters work, (WorkPurpose Prefill, WorkPurpose Decode) purposes)
    {
        (_model, _request, _work, _purposes) = (model, request, work, purposes);
        Prompts = prompts;
        _sequences = [.. Prompts.SelectMany(p => Enumerable.Range(0, request.GroupSize).Select(g => new Sequence(p, g)))];
        _slots = new Sequence?[RoundUp(_sequences.Length)];
        _sequences.CopyTo(_slots, 0);
        _longest = (int)Math.Min(prompts.Max(p => p.Ids.Count) + (long)request.Sampling.MaxTokens, model.Config.MaxPositions);
        var room = Prompts.Max(DecodingBatches.PaddedLength) + Math.Min(request.Sampling.MaxTokens, FirstRoom);
        _cache = new(model.Config, _slots.Length, room, model.Dtype, model.Device);
    }

    /// <summary>The prompts, those of the same padded length side by side: they are prefilled together.</summary>
    public IReadOnlyList<RolloutPrompt> Prompts { get; }

    /// <summary>Samples to the end.</summary>
    /// <returns>A group a prompt, in the order of <see cref="Prompts"/>.</returns>
    public IReadOnlyList<PromptGroup> Run(CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        Accept(Prefill(cancellationToken));
        while (_slots.Any(s => s is { Finished: null }))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            Compact();
            Accept(Decode());
        }

        return [.. _sequences.Chunk(_request.GroupSize).Select(g => new PromptGroup(g[0].Prompt, [.. g.Select(s => s.ToCompletion())]))];
    }

    public void Dispose() => _cache.Dispose();

    private static int RoundUp(int count) => (count + SlotMultiple - 1) / SlotMultiple * SlotMultiple;

    /// <summary>Runs each prompt once; returns the logits after it for every slot: [R, V].</summary>
    private Tensor Prefill(CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var last = new List<Tensor>();
        var first = 0;
        foreach (var prompts in Prompts.GroupBy(DecodingBatches.PaddedLength).SelectMany(alike => alike.Chunk(Math.Max(1, MostPrefillTokens / alike.Key))))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var ids = new long[prompts.Length, Math.Min(DecodingBatches.PaddedLength(prompts[0]), _model.Config.MaxPositions)];
            for (var i = 0; i < prompts.Length; i++)
            {
                for (var t = 0; t < prompts[i].Ids.Count; t++)
                {
                    ids[i, t] = prompts[i].Ids[t];
                }
            }

            var attention = new PrefillAttention(_cache, first * _request.GroupSize, _request.GroupSize);
            var positions = Sums.Range(ids.GetLength(1), _model.Device).unsqueeze(0);
            var hidden = _model.Hidden(tensor(ids, device: _model.Device), positions, attention, ForwardRows.Of(prompts.Select(p => p.Further)));
            var ends = prompts.Select((p, i) => ((long)i * ids.GetLength(1)) + p.Ids.Count - 1).ToArray();
            last.Add(hidden.view(-1, hidden.shape[2]).index(tensor(ends, device: _model.Device)));
            _work.Count(_purposes.Prefill, prompts.Sum(p => (long)p.Ids.Count));
            first += prompts.Length;
        }

        var states = cat([.. last, zeros(RoundUp(Prompts.Count) - Prompts.Count, last[0].shape[1], _model.Dtype, _model.Device)], 0);
        var promptOfSlot = _slots.Select((_, slot) => (long)Math.Min(slot / _request.GroupSize, Prompts.Count - 1)).ToArray();
        return _model.Logits(states).index(tensor(promptOfSlot, device: _model.Device)).MoveToOuterDisposeScope();
    }

    /// <summary>Feeds each slot's last token; returns the logits after it: [R, V].</summary>
    private Tensor Decode()
    {
        using var scope = NewDisposeScope();
        var ids = tensor(_slots.Select(s => (long)(s?.Ids[^1] ?? 0)).ToArray(), [_slots.Length, 1], device: _model.Device);
        var places = _slots.Select(s => (long)(s is { Finished: null } ? s.Length - 1 : 0)).ToArray();
        var longest = (int)places.Max();
        _cache.EnsureCapacity(longest + 1, _longest);
        var positions = tensor(places, device: _model.Device);
        using var attention = new DecodeAttention(_model.Config, _cache, positions, longest);
        var hidden = _model.Hidden(ids, positions.unsqueeze(1), attention, ForwardRows.Of(_slots.Select(s => s?.Prompt.Further)));
        _work.Count(_purposes.Decode, _slots.Count(s => s is { Finished: null }));
        return _model.Logits(hidden.squeeze(1)).MoveToOuterDisposeScope();
    }

    /// <summary>Draws the next token of every live sequence.</summary>
    /// <exception cref="NotFiniteNumberException">The logits are not finite.</exception>
    private void Accept(Tensor logits)
    {
        var uniforms = _slots.Select(s => s is { Finished: null } && !_request.Sampling.Greedy
            ? _request.Random.Uniform(_request.Purpose, _request.Rollout, s.Prompt.Place, s.Generation, s.Ids.Count)
            : 0).ToArray();
        var (ids, logProbs) = TokenSampler.Draw(logits, _request.Sampling, tensor(uniforms, device: _model.Device));
        var drawn = ids.cpu().data<long>().ToArray();
        var scores = logProbs.to(ScalarType.Float64).cpu().data<double>().ToArray();
        for (var slot = 0; slot < _slots.Length; slot++)
        {
            if (_slots[slot] is { Finished: null } sequence)
            {
                if (!double.IsFinite(scores[slot]))
                {
                    throw new NotFiniteNumberException(
                        "The model's logits are not all finite numbers, so no token can be sampled from them. Check that its weights are finite; if training made them so, lower the learning rate.", scores[slot]);
                }

                sequence.Add((int)drawn[slot], scores[slot], _request.Sampling, _model.Config.MaxPositions);
            }
        }
    }

    /// <summary>Takes finished sequences out once they are a quarter of the slots.</summary>
    private void Compact()
    {
        var live = Enumerable.Range(0, _slots.Length).Where(i => _slots[i] is { Finished: null }).ToArray();
        var slots = RoundUp(live.Length);
        if (slots > _slots.Length * WorthCompacting)
        {
            return;
        }

        var kept = live.Concat(Enumerable.Repeat(live[0], slots - live.Length)).Select(i => (long)i).ToArray();
        using var rows = tensor(kept, device: _model.Device);
        _cache.KeepRows(rows);
        _slots = [.. live.Select(i => _slots[i]), .. new Sequence?[slots - live.Length]];
    }

    private sealed class Sequence(RolloutPrompt prompt, int generation)
    {
        private readonly List<double> _logProbs = [];

        public RolloutPrompt Prompt { get; } = prompt;

        public int Generation { get; } = generation;

        public List<int> Ids { get; } = [];

        public FinishReason? Finished { get; private set; }

        /// <summary>Prompt and completion so far, in tokens.</summary>
        public int Length => Prompt.Ids.Count + Ids.Count;

        public void Add(int id, double logProb, SamplingParameters sampling, int maxPositions)
        {
            Ids.Add(id);
            _logProbs.Add(logProb);
            Finished = sampling.StopIds.Contains(id) ? FinishReason.Stop
                : Ids.Count >= sampling.MaxTokens || Length >= maxPositions ? FinishReason.Length
                : null;
        }

        public Completion ToCompletion() => new(Ids, _logProbs, Finished!.Value);
    }
}
