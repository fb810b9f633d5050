using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// A causal language model of the Llama kind. It owns its parameters, which are named as in Hugging Face files; a tied
/// head is the embedding tensor itself, so it can neither drift apart from it nor cost memory twice. A network that reads
/// more than ids derives from it; every weight it has is in <see cref="Parameters"/>.
/// </summary>
internal partial class CausalLM : IDisposable
{
    private readonly Tensor _embedding; // [V, hidden]
    private readonly DecoderLayer[] _layers;
    private readonly RmsNorm _norm;
    private readonly Projection _head;
    private readonly RotaryEmbedding _rotary;

    /// <summary>Builds the network round its weights and takes ownership of them.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="weights">Every parameter by its name, all of one dtype and on one device.</param>
    public CausalLM(ModelConfig config, IReadOnlyDictionary<string, Tensor> weights)
    {
        Config = config;

        // A parameter takes over the tensor it is made from.
        weights = weights.ToDictionary(w => w.Key, w => (Tensor)new Parameter(w.Value, requires_grad: false));
        Parameters = new SortedDictionary<string, Tensor>(weights.ToDictionary(), StringComparer.Ordinal);
        _embedding = weights[ModelWeights.Embedding];
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new DecoderLayer(i, config, weights))];
        _norm = new(weights["model.norm.weight"], config.NormEpsilon);
        _head = new(config.TiedHead ? _embedding : weights[ModelWeights.Head], null);
        LinearLayers = new([.. _layers.SelectMany(layer => layer.LinearLayers), new(HeadLayer, _head)]);
        _rotary = new(config, _embedding.dtype, _embedding.device);
        foreach (var weight in weights.Values)
        {
            weight.DetachFromDisposeScope();
        }
    }

    public ModelConfig Config { get; }

    /// <summary>Every parameter by its Hugging Face name, in ordinal order of names.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters { get; }

    public Device Device => _embedding.device;

    public ScalarType Dtype => _embedding.dtype;

    /// <summary>Number of weights.</summary>
    public long ParameterCount => Parameters.Values.Sum(p => p.numel());

    /// <summary>Whether the network reads <see cref="ForwardRows.Further"/>; one that does not refuses rows that have any.</summary>
    protected virtual bool ReadsFurtherInputs => false;

    /// <summary>A network of the same kind and shape round other weights, which it takes ownership of.</summary>
    /// <param name="weights">Every parameter by its name, all of one dtype and on one device.</param>
    public virtual CausalLM WithWeights(IReadOnlyDictionary<string, Tensor> weights) => new(Config, weights);

    /// <summary>Runs whole sequences.</summary>
    /// <param name="ids">[B, T] int64. Rows may be padded on the right with any id; then no mask is needed.</param>
    /// <param name="attentionMask">[B, T], 1 on real tokens; needed for padding on the left. Positions come from it.</param>
    /// <param name="rows">What is to be known of the rows besides their ids; null: nothing.</param>
    /// <returns>[B, T, hidden] after the final norm. What stands at padding means nothing.</returns>
    /// <exception cref="ArgumentException"><paramref name="rows"/> tells of another number of rows, or of inputs that the network does not read.</exception>
    public Tensor Hidden(Tensor ids, Tensor? attentionMask = null, ForwardRows? rows = null)
    {
        using var scope = NewDisposeScope();
        using var attention = new CausalAttention(attentionMask);
        var positions = attentionMask is null
            ? Sums.Range(ids.shape[1], ids.device).unsqueeze(0) // [1, T]
            : attentionMask.to(ScalarType.Int64).cumsum(1).sub_(Scalars.Of(1)).clamp_min_(Scalars.Of(0));
        return Hidden(ids, positions, attention, rows).MoveToOuterDisposeScope();
    }

    /// <summary>Runs tokens at given positions with a given attention.</summary>
    /// <param name="ids">[B, T] int64.</param>
    /// <param name="positions">[B, T] or [1, T] int64, each below <see cref="ModelConfig.MaxPositions"/>.</param>
    /// <param name="attention">What the tokens see.</param>
    /// <param name="rows">What is to be known of the rows besides their ids; null: nothing.</param>
    /// <param name="recomputation">Whether the blocks are run again in the backward pass; the scope around the call must then last until after it. Null: they keep what they need.</param>
    /// <returns>[B, T, hidden] after the final norm.</returns>
    /// <exception cref="ArgumentException"><paramref name="rows"/> tells of another number of rows, or of inputs that the network does not read.</exception>
    public Tensor Hidden(Tensor ids, Tensor positions, IAttention attention, ForwardRows? rows = null, Recomputation? recomputation = null)
    {
        Check(rows, rows?.Blocks?.Sum(b => b.Rows) ?? ids.shape[0]);
        using var scope = recomputation is null ? NewDisposeScope() : null;
        var (cos, sin) = _rotary.At(positions);
        var masks = Masks(rows, positions);
        var x = rows is { Blocks: { } blocks, Further: not null } ? cat([.. Embed(ids, rows, blocks)], 1) : Embed(ids, rows);
        foreach (var layer in _layers)
        {
            Tensor Block(Tensor input) => layer.Forward(input, cos, sin, attention, masks);
            x = recomputation?.Run(Block, x, layer.IsTrained) ?? Block(x);
        }

        var hidden = _norm.Apply(x);
        return scope is null ? hidden : hidden.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// What each block hands on, to find the first that is wrong: the embedding, the sums after every block but the last, and the last
    /// after the final norm. Whole sequences without padding.
    /// </summary>
    /// <param name="ids">[B, T] int64.</param>
    /// <returns>One tensor [B, T, hidden] more than there are blocks; the caller's.</returns>
    public IReadOnlyList<Tensor> States(Tensor ids)
    {
        using var scope = NewDisposeScope();
        using var attention = new CausalAttention(null);
        var (cos, sin) = _rotary.At(Sums.Range(ids.shape[1], ids.device).unsqueeze(0));
        List<Tensor> states = [Embed(ids, null)];
        foreach (var layer in _layers)
        {
            states.Add(layer.Forward(states[^1], cos, sin, attention, null));
        }

        states[^1] = _norm.Apply(states[^1]);
        return [.. states.Select(state => state.MoveToOuterDisposeScope())];
    }

    /// <summary>[..., hidden] to [..., V].</summary>
    public Tensor Logits(Tensor hidden) => _head.Apply(hidden);

    /// <summary>What <see cref="Logits"/> of states [N, hidden] are the sum of.</summary>
    public HeadTerms LogitTerms(Tensor hidden) => _head.Terms(hidden);

    public void Dispose()
    {
        Unmerge();
        Adapter?.Dispose();
        foreach (var parameter in Parameters.Values)
        {
            parameter.Dispose();
        }

        _rotary.Dispose();
    }

    /// <summary>[B, T] to [B, T, hidden]. The pad token's row gets no gradient from look-ups, as in transformers.</summary>
    /// <param name="ids">[B, T] int64: whole rows, or tokens that follow others of their rows, as in decoding. Without further inputs it may be a line of them.</param>
    /// <param name="rows">What is known of the rows besides their ids; here, of ids alone, it is not read.</param>
    protected virtual Tensor Embed(Tensor ids, ForwardRows? rows)
    {
        var flat = ids.reshape(-1);
        var embedded = EmbeddingRows.Of(_embedding, flat);
        if (Config.PadTokenId is { } pad && embedded.requires_grad)
        {
            var zero = Scalars.Of(0);
            var padding = flat.eq(Scalars.Of(pad)).unsqueeze(1);
            embedded = embedded.masked_fill(padding, zero).Plus(embedded.detach().masked_fill(flat.ne(Scalars.Of(pad)).unsqueeze(1), zero));
        }

        return embedded.view(ids.shape[0], ids.shape[1], -1);
    }

    /// <summary>Each block of a line of tokens as rows, which is how a network knows further inputs: [1, tokens, hidden] each.</summary>
    private IEnumerable<Tensor> Embed(Tensor ids, ForwardRows rows, IReadOnlyList<PackedBlock> blocks)
    {
        var first = 0;
        foreach (var block in blocks)
        {
            yield return Embed(block.Of(ids), new() { Further = [.. rows.Further!.Skip(first).Take(block.Rows)] }).reshape(1, -1, Config.HiddenSize);
            first += block.Rows;
        }
    }

    private void Check(ForwardRows? rows, long count)
    {
        if ((rows?.Further?.Count ?? count) != count || (rows?.Dropout?.Rows.Count ?? count) != count)
        {
            throw new ArgumentException(
                $"The pass has {count} rows, but there are {rows!.Further?.Count ?? count} further inputs and {rows.Dropout?.Rows.Count ?? count} places for dropout. Give one of each for every row.", nameof(rows));
        }

        if (!ReadsFurtherInputs && rows?.Further?.FirstOrDefault(input => input is not null) is { } unread)
        {
            throw new ArgumentException(
                $"A row has a further input, a {unread.GetType().Name}, but a network of kind {Config.ModelType} reads ids alone and would train as if there were none. Leave the input out, or use a network that reads it.", nameof(rows));
        }
    }
}
