using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Small models with random weights, for what does not depend on what a model knows.</summary>
internal static class RandomModel
{
    public static ModelConfig Config { get; } = new()
    {
        ModelType = "llama",
        VocabularySize = 40,
        HiddenSize = 32,
        IntermediateSize = 48,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 2,
        HeadSize = 8,
        NormEpsilon = 1e-5,
        RopeTheta = 10_000,
        MaxPositions = 128,
        TiedHead = true,
    };

    public static CausalLM Create(ModelConfig? config = null, ScalarType dtype = ScalarType.Float64, long seed = 1, Device? device = null)
    {
        config ??= Config;
        using var generator = new Generator((ulong)seed, CPU);
        var weights = new Dictionary<string, Tensor>();
        void Add(string name, params long[] shape) => weights[name] =
            (randn(shape, ScalarType.Float64, generator: generator) * Scalars.Of(0.3)).Plus(Scalars.Of(shape.Length == 1 && name.Contains("norm", StringComparison.Ordinal) ? 1 : 0)).to(dtype).to(device ?? CPU);
        using var scope = NewDisposeScope();
        Add("model.embed_tokens.weight", config.VocabularySize, config.HiddenSize);
        Add("model.norm.weight", config.HiddenSize);
        if (!config.TiedHead)
        {
            Add("lm_head.weight", config.VocabularySize, config.HiddenSize);
        }

        for (var i = 0; i < config.Layers; i++)
        {
            void Linear(string name, long output, long input, bool bias)
            {
                Add($"model.layers.{i}.{name}.weight", output, input);
                if (bias)
                {
                    Add($"model.layers.{i}.{name}.bias", output);
                }
            }

            var (query, key) = (config.Heads * config.HeadSize, config.KeyValueHeads * config.HeadSize);
            Linear("self_attn.q_proj", query, config.HiddenSize, config.QkvBias);
            Linear("self_attn.k_proj", key, config.HiddenSize, config.QkvBias);
            Linear("self_attn.v_proj", key, config.HiddenSize, config.QkvBias);
            Linear("self_attn.o_proj", config.HiddenSize, query, config.OutputBias);
            Linear("mlp.gate_proj", config.IntermediateSize, config.HiddenSize, config.MlpBias);
            Linear("mlp.up_proj", config.IntermediateSize, config.HiddenSize, config.MlpBias);
            Linear("mlp.down_proj", config.HiddenSize, config.IntermediateSize, config.MlpBias);
            Add($"model.layers.{i}.input_layernorm.weight", config.HiddenSize);
            Add($"model.layers.{i}.post_attention_layernorm.weight", config.HiddenSize);
            if (config.QkNorm)
            {
                Add($"model.layers.{i}.self_attn.q_norm.weight", config.HeadSize);
                Add($"model.layers.{i}.self_attn.k_norm.weight", config.HeadSize);
            }
        }

        return new CausalLM(config, weights);
    }
}
