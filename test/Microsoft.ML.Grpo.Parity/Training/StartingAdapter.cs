namespace Microsoft.ML.Grpo.Parity;

/// <summary>The adapter that a recorded run starts from: a PEFT file of weights without its config, whose numbers the reference data's README states.</summary>
internal static class StartingAdapter
{
    private static readonly LoraSettings Settings = new(Rank: 4, Alpha: 8);

    /// <summary>Puts it on all linear layers of a network.</summary>
    public static void Attach(CausalLM network, string path)
    {
        using var reader = SafetensorsReader.Open(path);
        var layers = LoraTargets.All(network);
        PeftWeights.Check(reader, network, layers, Settings.Rank);
        network.Attach(new(Settings, network, PeftWeights.Read(reader, network, layers)));
    }
}
