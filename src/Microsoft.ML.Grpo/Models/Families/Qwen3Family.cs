namespace Microsoft.ML.Grpo;

/// <summary>Qwen3 (dense): transformers' <c>Qwen3Config</c>. q and k are normalised per head; a head's size is its own number.</summary>
internal sealed class Qwen3Family : ModelFamily
{
    public override string ModelType => "qwen3";

    public override string Architecture => "Qwen3ForCausalLM";

    protected override ModelConfig Defaults { get; } = new()
    {
        ModelType = "qwen3",
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
        QkNorm = true,
    };

    protected override bool FixedHeadSize => true;

    protected override ModelConfig Refine(ConfigJson json, ModelConfig common)
    {
        var bias = json.Flag("attention_bias", false);
        return common with { QkvBias = bias, OutputBias = bias };
    }
}
