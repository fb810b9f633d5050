namespace Microsoft.ML.Grpo;

/// <summary>What the rules for options ask of an adapter; true also after its matrices are freed.</summary>
/// <param name="Settings">Its numbers.</param>
/// <param name="OnHead">Whether it is on the head too.</param>
internal sealed record AdapterFacts(LoraSettings Settings, bool OnHead)
{
    /// <summary>Those of a network's adapter; null if it has none.</summary>
    public static AdapterFacts? Of(CausalLM network) =>
        network.Adapter is { } adapter ? new(adapter.Settings, adapter.Factors.ContainsKey(CausalLM.HeadLayer)) : null;
}
