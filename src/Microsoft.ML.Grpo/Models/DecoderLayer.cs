using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>One pre-norm transformer block: attention, then a gated MLP (SwiGLU), each added to the residual stream.</summary>
internal sealed class DecoderLayer
{
    private readonly int _index;
    private readonly int _headSize;
    private readonly RmsNorm _attentionNorm;
    private readonly RmsNorm _mlpNorm;
    private readonly RmsNorm? _queryNorm;
    private readonly RmsNorm? _keyNorm;
    private readonly Projection _query;
    private readonly Projection _key;
    private readonly Projection _value;
    private readonly Projection _output;
    private readonly Projection _gate;
    private readonly Projection _up;
    private readonly Projection _down;

    public DecoderLayer(int index, ModelConfig config, IReadOnlyDictionary<string, Tensor> weights)
    {
        var prefix = $"model.layers.{index}.";
        Projection Linear(string name, bool bias) => new(weights[prefix + name + ".weight"], bias ? weights[prefix + name + ".bias"] : null);
        RmsNorm Norm(string name) => new(weights[prefix + name + ".weight"], config.NormEpsilon);

        _index = index;
        _headSize = config.HeadSize;
        _attentionNorm = Norm("input_layernorm");
        _mlpNorm = Norm("post_attention_layernorm");
        _queryNorm = config.QkNorm ? Norm("self_attn.q_norm") : null;
        _keyNorm = config.QkNorm ? Norm("self_attn.k_norm") : null;
        _query = Linear("self_attn.q_proj", config.QkvBias);
        _key = Linear("self_attn.k_proj", config.QkvBias);
        _value = Linear("self_attn.v_proj", config.QkvBias);
        _output = Linear("self_attn.o_proj", config.OutputBias);
        _gate = Linear("mlp.gate_proj", config.MlpBias);
        _up = Linear("mlp.up_proj", config.MlpBias);
        _down = Linear("mlp.down_proj", config.MlpBias);
    }

    /// <summary>Whether a weight of the block, or one of an adapter on it, has a gradient.</summary>
    public bool IsTrained => LinearLayers.Any(layer => layer.Value.IsTrained) || new[] { _attentionNorm, _mlpNorm, _queryNorm, _keyNorm }.Any(norm => norm?.Weight.requires_grad == true);

    /// <summary>The block's linear maps by their names in the model, in the order of the model's files.</summary>
    public IEnumerable<KeyValuePair<string, Projection>> LinearLayers
    {
        get
        {
            var prefix = $"model.layers.{_index}.";
            yield return new(prefix + "self_attn.q_proj", _query);
            yield return new(prefix + "self_attn.k_proj", _key);
            yield return new(prefix + "self_attn.v_proj", _value);
            yield return new(prefix + "self_attn.o_proj", _output);
            yield return new(prefix + "mlp.gate_proj", _gate);
            yield return new(prefix + "mlp.up_proj", _up);
            yield return new(prefix + "mlp.down_proj", _down);
        }
    }

    /// <summary>[B, T, hidden] to [B, T, hidden].</summary>
    public Tensor Forward(Tensor x, Tensor cos, Tensor sin, IAttention attention, DropoutMasks? masks = null)
    {
        using var scope = NewDisposeScope();
        var attended = x.Plus(Attention(_attentionNorm.Apply(x), cos, sin, attention, masks));
        return attended.Plus(Mlp(_mlpNorm.Apply(attended), masks)).MoveToOuterDisposeScope();
    }

    private Tensor Attention(Tensor x, Tensor cos, Tensor sin, IAttention attention, DropoutMasks? masks)
    {
        var query = RotaryEmbedding.Rotate(Heads(_query.Apply(x, masks), _queryNorm), cos, sin);
        var key = RotaryEmbedding.Rotate(Heads(_key.Apply(x, masks), _keyNorm), cos, sin);
        var mixed = attention.Attend(_index, query, key, Heads(_value.Apply(x, masks), norm: null)); // [B, H, T, D]
        return _output.Apply(mixed.transpose(1, 2).reshape(x.shape[0], x.shape[1], -1), masks);
    }

    private Tensor Mlp(Tensor x, DropoutMasks? masks) => _down.Apply(nn.functional.silu(_gate.Apply(x, masks)) * _up.Apply(x, masks), masks);

    /// <summary>[B, T, H·D] to [B, H, T, D], normalised per head if asked.</summary>
    private Tensor Heads(Tensor x, RmsNorm? norm)
    {
        var heads = x.view(x.shape[0], x.shape[1], -1, _headSize);
        return (norm is { } n ? n.Apply(heads) : heads).transpose(1, 2);
    }
}
