namespace Microsoft.ML.Grpo;

/// <summary>An architecture that both llama.cpp and this library know, by the name that <c>general.architecture</c> and <c>model_type</c> of config.json give it.</summary>
/// <param name="Name">The name.</param>
/// <param name="TransformersClass">The class that transformers loads.</param>
/// <param name="AnyBias">Whether llama.cpp has a place for every bias; otherwise for none but those that the architecture always has.</param>
/// <param name="AnyHeadSize">Whether heads may be of another size than hidden / heads there.</param>
/// <remarks>Source: llama.cpp's src/models, the tensors that each architecture creates.</remarks>
internal sealed record GgufArchitecture(string Name, string TransformersClass, bool AnyBias, bool AnyHeadSize)
{
    private static readonly GgufArchitecture[] Known =
    [
        new("llama", "LlamaForCausalLM", AnyBias: true, AnyHeadSize: true),
        new("qwen2", "Qwen2ForCausalLM", AnyBias: false, AnyHeadSize: false),
        new("qwen3", "Qwen3ForCausalLM", AnyBias: false, AnyHeadSize: true),
    ];

    public static string Supported => string.Join(", ", Known.Select(architecture => architecture.Name));

    public static GgufArchitecture? Find(string name) => Known.FirstOrDefault(architecture => architecture.Name == name);

    /// <summary>The architecture of a model that is to be written.</summary>
    /// <exception cref="NotSupportedException">It is none of these, or has something that llama.cpp could not compute.</exception>
    public static GgufArchitecture Of(ModelConfig config)
    {
        var architecture = Find(config.ModelType) ?? throw GgufRefusal.OfModel($"the architecture '{config.ModelType}', and GGUF is written for {Supported}");
        return architecture.Lacks(config) is { } problem ? throw GgufRefusal.OfModel(problem) : architecture;
    }

    /// <summary>What of a model llama.cpp could not compute; null if there is nothing.</summary>
    private string? Lacks(ModelConfig config) =>
        !AnyBias && (config.OutputBias || config.MlpBias) ? $"biases on other layers than llama.cpp's architecture '{Name}' has them on"
        : !AnyHeadSize && config.Heads * config.HeadSize != config.HiddenSize ? $"{config.Heads} heads of {config.HeadSize} for a hidden size of {config.HiddenSize}, which llama.cpp's architecture '{Name}' takes to be their product"
        : null;
}
