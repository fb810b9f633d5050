namespace Microsoft.ML.Grpo;

/// <summary>Qwen2 and Qwen2.5: transformers' <c>Qwen2Config</c>. Biases on q, k and v are part of the architecture.</summary>
internal sealed class Qwen2Family : ModelFamily
{
    public override string ModelType => "qwen2";

    public override string Architecture => "Qwen2ForCausalLM";

    protected override ModelConfig Defaults { get; } = new()
    {
        ModelType = "qwen2",
        VocabularySize = 151_936,
        HiddenSize = 4096,
        IntermediateSize = 22_016,
        Layers = 32,
        Heads = 32,
        KeyValueHeads = 32,
        HeadSize = 128,
        NormEpsilon = 1e-6,
        RopeTheta = 10_000,
        MaxPositions = 32_768,
        QkvBias = true,
    };
}
