using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>Models with random weights: what they cost does not depend on what they know.</summary>
internal static class RandomWeights
{
    /// <summary>SmolLM2-135M's shape.</summary>
    public static ModelConfig Shape135M { get; } = new()
    {
        ModelType = "llama", VocabularySize = 49_152, HiddenSize = 576, IntermediateSize = 1536, Layers = 30, Heads = 9, KeyValueHeads = 3, HeadSize = 64,
        NormEpsilon = 1e-5, RopeTheta = 100_000, MaxPositions = 8192, TiedHead = true,
    };

    /// <summary>A toy's, of the size that the QuickStart trains.</summary>
    public static ModelConfig ShapeTiny { get; } = new()
    {
        ModelType = "llama", VocabularySize = 300, HiddenSize = 64, IntermediateSize = 192, Layers = 4, Heads = 4, KeyValueHeads = 2, HeadSize = 16,
        NormEpsilon = 1e-5, RopeTheta = 10_000, MaxPositions = 1024, TiedHead = true,
    };

    /// <summary>A float32 model on the CPU.</summary>
    public static CausalLM Create(ModelConfig config)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        return new(config, ModelWeights.Shapes(config).ToDictionary(w => w.Key, w => w.Value.Length == 1 ? ones(w.Value) : randn(w.Value, generator: generator).mul_(Scalars.Of(0.02))));
    }
}
