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
    private const int SlotMultiple = DecodingBatches.SlotMultiple;
    private const int MostPrefillTokens = 8192; // of a pass: beyond it nothing is gained, and activations would grow with the rollout
    private const int MostLogits = 1 << 23; // of a draw: 64 MB in float64, whatever the rows and the vocabulary
    private const double WorthCompacting = 0.75;

    private readonly CausalLM _model;
    private readonly RolloutRequest _request;
    private readonly WorkCounters _work;
    private readonly (WorkPurpose Prefill, WorkPurpose Decode) _purposes;
    private readonly TokenWatch? _watch;
    private readonly KeyValueCache _cache;
    private readonly int _longest; // a sequence can become, prompt and completion, in tokens
    private readonly IReadOnlyList<PartOfGroup> _parts; // those of the same padded length side by side: they are prefilled together
    private readonly Sequence[] _sequences; // in slot order at the start
    private Sequence?[] _slots;             // null = filler

    public DecodingBatch(
        CausalLM model, RolloutRequest request, IReadOnlyList<PartOfGroup> parts, WorkCounters work, (WorkPurpose Prefill, WorkPurpose Decode) purposes, TokenWatch? watch = null)
    {
        (_model, _request, _work, _purposes, _watch) = (model, request, work, purposes, watch);
        _parts = parts;
        _sequences = [.. parts.SelectMany(p => Enumerable.Range(p.First, p.Count).Select(g => new Sequence(p.Prompt, g)))];
        _slots = new Sequence?[RoundUp(_sequences.Length)];
        _sequences.CopyTo(_slots, 0);
        _longest = (int)Math.Min(parts.Max(p => p.Prompt.Ids.Count) + (long)request.Sampling.MaxTokens, model.Config.MaxPositions);
        var room = parts.Max(p => DecodingBatches.FirstRoom(p.Prompt, request.Sampling.MaxTokens));
        _cache = new(model.Config, _slots.Length, room, model.Dtype, model.Device);
    }

    /// <summary>Most tokens that the cache has had room for so far.</summary>
    public long PeakCacheTokens { get; private set; }

    /// <summary>Samples to the end.</summary>
    /// <returns>A completion a row, in the order of the parts and their generations.</returns>
    public IReadOnlyList<Completion> Run(CancellationToken cancellationToken)
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

        return [.. _sequences.Select(s => s.ToCompletion())];
    }

    public void Dispose() => _cache.Dispose();

    private static int RoundUp(int count) => (count + SlotMultiple - 1) / SlotMultiple * SlotMultiple;

    /// <summary>Runs each prompt once; returns the state after it for every slot: [R, hidden].</summary>
    private Tensor Prefill(CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var last = new List<Tensor>();
        var (first, row) = (0, 0);
        while (first < _parts.Count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (length, copies) = (DecodingBatches.PaddedLength(_parts[first].Prompt), _parts[first].Count);
            RolloutPrompt[] prompts = [.. _parts.Skip(first).TakeWhile(p => DecodingBatches.PaddedLength(p.Prompt) == length && p.Count == copies).Take(Math.Max(1, MostPrefillTokens / length)).Select(p => p.Prompt)];
            var ids = new long[prompts.Length, Math.Min(length, _model.Config.MaxPositions)];
            for (var i = 0; i < prompts.Length; i++)
            {
                for (var t = 0; t < prompts[i].Ids.Count; t++)
                {
                    ids[i, t] = prompts[i].Ids[t];
                }
            }

            var attention = new PrefillAttention(_cache, row, copies);
            var positions = Sums.Range(ids.GetLength(1), _model.Device).unsqueeze(0);
            var hidden = _model.Hidden(tensor(ids, device: _model.Device), positions, attention, ForwardRows.Of(prompts.Select(p => p.Further)));
            var ends = prompts.Select((p, i) => ((long)i * ids.GetLength(1)) + p.Ids.Count - 1).ToArray();
            last.Add(hidden.view(-1, hidden.shape[2]).index(tensor(ends, device: _model.Device)));
            _work.Count(_purposes.Prefill, prompts.Sum(p => (long)p.Ids.Count));
            (first, row) = (first + prompts.Length, row + (prompts.Length * copies));
        }

        PeakCacheTokens = _cache.Tokens;
        var partOfSlot = _parts.SelectMany((p, part) => Enumerable.Repeat((long)part, p.Count)).ToList();
        partOfSlot.AddRange(Enumerable.Repeat(_parts.Count - 1L, _slots.Length - partOfSlot.Count)); // fillers
        return cat(last, 0).index(tensor(partOfSlot.ToArray(), device: _model.Device)).MoveToOuterDisposeScope();
    }

    /// <summary>Feeds each slot's last token; returns the state after it: [R, hidden].</summary>
    private Tensor Decode()
    {
        using var scope = NewDisposeScope();
        var ids = tensor(_slots.Select(s => (long)(s?.Ids[^1] ?? 0)).ToArray(), [_slots.Length, 1], device: _model.Device);
        var places = _slots.Select(s => (long)(s is { Finished: null } ? s.Length - 1 : 0)).ToArray();
        var longest = (int)places.Max();
        _cache.EnsureCapacity(longest + 1, _longest);
        PeakCacheTokens = Math.Max(PeakCacheTokens, _cache.Tokens);
        var positions = tensor(places, device: _model.Device);
        using var attention = new DecodeAttention(_model.Config, _cache, positions, longest);
        var hidden = _model.Hidden(ids, positions.unsqueeze(1), attention, ForwardRows.Of(_slots.Select(s => s?.Prompt.Further)));
        _work.Count(_purposes.Decode, _slots.Count(s => s is { Finished: null }));
        return hidden.squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>Draws the next token of every live sequence.</summary>
    /// <exception cref="NotFiniteNumberException">The logits are not finite.</exception>
    private void Accept(Tensor states)
    {
        var uniforms = _slots.Select(s => s is { Finished: null } && !_request.Sampling.Greedy
            ? _request.Random.Uniform(_request.Purpose, _request.Rollout, s.Prompt.Place, s.Generation, s.Ids.Count)
            : 0).ToArray();
        var (drawn, scores) = (new List<long>(), new List<double>());
        var most = (int)Math.Max(SlotMultiple, MostLogits / _model.Config.VocabularySize / SlotMultiple * SlotMultiple);
        for (var first = 0; first < _slots.Length; first += most)
        {
            using var scope = NewDisposeScope();
            var rows = Math.Min(most, _slots.Length - first);
            var (ids, logProbs) = TokenSampler.Draw(
                _model.Logits(states.narrow(0, first, rows)), _request.Sampling, tensor(uniforms[first..(first + rows)], device: _model.Device));
            drawn.AddRange(ids.cpu().data<long>());
            scores.AddRange(logProbs.to(ScalarType.Float64).cpu().data<double>());
        }

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
                if (_watch?.Invoke(sequence.Prompt, sequence.Generation, (int)drawn[slot]) == false)
                {
                    sequence.Stop();
                }
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

        public void Stop() => Finished = FinishReason.Stop;

        public Completion ToCompletion() => new(Ids, _logProbs, Finished!.Value);
    }
}
