namespace Microsoft.ML.Grpo;

/// <summary>Llama, SmolLM2 and their like: transformers' <c>LlamaConfig</c>.</summary>
internal sealed class LlamaFamily : ModelFamily
{
    public override string ModelType => "llama";

    public override string Architecture => "LlamaForCausalLM";

    protected override ModelConfig Defaults { get; } = new()
    {
        ModelType = "llama",
        VocabularySize = 32_000,
        HiddenSize = 4096,
        IntermediateSize = 11_008,
        Layers = 32,
        Heads = 32,
        KeyValueHeads = 32,
        HeadSize = 128,
        NormEpsilon = 1e-6,
        RopeTheta = 10_000,
        MaxPositions = 2048,
        EosTokenIds = [2],
    };

    protected override int DefaultKeyValueHeads(int heads) => heads;

    protected override ModelConfig Refine(ConfigJson json, ModelConfig common)
    {
        var bias = json.Flag("attention_bias", false);
        return common with { QkvBias = bias, OutputBias = bias, MlpBias = json.Flag("mlp_bias", false) };
    }
}
