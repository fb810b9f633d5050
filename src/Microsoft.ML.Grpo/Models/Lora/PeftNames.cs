namespace Microsoft.ML.Grpo;

/// <summary>Names of Hugging Face's PEFT: of the files in an adapter's directory and of the tensors in them.</summary>
internal static class PeftNames
{
    public const string Config = "adapter_config.json";
    public const string Weights = "adapter_model.safetensors";

    // PEFT wraps the model twice: in a PeftModel and in a LoraModel.
    private const string Prefix = "base_model.model.";

    /// <summary>Name of A [r, in] of a layer, such as <c>model.layers.0.self_attn.q_proj</c>.</summary>
    public static string A(string layer) => $"{Prefix}{layer}.lora_A.weight";

    /// <summary>Name of B [out, r] of a layer.</summary>
    public static string B(string layer) => $"{Prefix}{layer}.lora_B.weight";

    /// <summary>
    /// The parameter of the model that a tensor repeats; null if it is none. Where the head is adapted, PEFT writes the
    /// embedding and the head along.
    /// </summary>
    public static string? Repeated(string tensor) => tensor switch
    {
        Prefix + ModelWeights.Embedding => ModelWeights.Embedding,
        Prefix + ModelWeights.Head or Prefix + "lm_head.base_layer.weight" => ModelWeights.Head,
        _ => null,
    };
}
