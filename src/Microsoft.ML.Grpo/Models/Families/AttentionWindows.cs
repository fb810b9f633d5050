namespace Microsoft.ML.Grpo;

/// <summary>Every token must see all before it: windows, chunks and linear attention are refused.</summary>
internal static class AttentionWindows
{
    public static void CheckNone(ConfigJson json, int layers)
    {
        var use = json.Value("use_sliding_window") is not null ? json.Flag("use_sliding_window", false) : (bool?)null;
        if (use == true)
        {
            throw json.Error("use_sliding_window", "is true, and attention windows are not supported. Set it to false if every sequence is shorter than the window; otherwise use a model without windows.");
        }

        // Qwen2 and Qwen3 give a window and switch it off: transformers reads it as none. Their default for the switch is off.
        var window = json.Value("sliding_window");
        var switched = use == false || json.Text("model_type") is "qwen2" or "qwen3";
        if (window is { } size && !switched)
        {
            throw json.Error("sliding_window", $"is {ConfigJson.Show(size)}, and attention windows are not supported. Set it to null if every sequence is shorter than the window; otherwise use a model without windows.");
        }

        _ = json.Value("max_window_layers");
        var types = json.Texts("layer_types");
        if (types.FirstOrDefault(type => type != "full_attention") is { } other)
        {
            throw json.Error("layer_types", $"contains '{other}'; only 'full_attention' is supported. Use a model whose layers all have full attention.");
        }

        if (types.Count > 0 && types.Count != layers)
        {
            throw json.Error("layer_types", $"has {types.Count} entries, but num_hidden_layers is {layers}. Make them agree.");
        }
    }
}
