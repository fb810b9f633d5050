using static Microsoft.ML.Grpo.OptionRule;

namespace Microsoft.ML.Grpo;

/// <summary>The rules for adapters: new ones, those of a directory, and the one that an initial policy has. What only a directory's files tell is checked where they are read.</summary>
internal static class AdapterRules
{
    private static readonly LoraOptions Defaults = new();

    public static IReadOnlyList<OptionRule> All { get; } =
    [
        AtLeast("Lora.Rank", o => o.Lora?.Rank, 1, $"leave it null for {Defaults.ResolvedRank}"),
        Real("Lora.Alpha", o => o.Lora?.Alpha, v => v > 0, "above 0 and finite", Text($"leave it null for {Defaults.ResolvedAlpha}")),
        Real("Lora.Dropout", o => o.Lora?.Dropout, v => v is >= 0 and < 1, "from 0 to below 1", "leave it null for none, or for that of Lora.AdapterPath"),
        new("Lora.Dropout", o => o.Lora is { Dropout: > 0 } lora && lora.TargetModules.Contains(CausalLM.HeadLayer), o => Text($"Lora.Dropout is {o.Lora!.Dropout}, but Lora.TargetModules names {CausalLM.HeadLayer}, whose input has no dropout: set Lora.Dropout = null, or leave {CausalLM.HeadLayer} out of Lora.TargetModules.")),
        new("Lora.TargetModules", o => o.Lora is { } lora && lora.TargetModules.Any(Blank), o => Text($"Lora.TargetModules[{o.Lora!.TargetModules.ToList().FindIndex(Blank)}] is empty: name a linear layer, such as \"q_proj\", or leave the list empty for all but the head.")),
        new("Lora.TargetModules", o => Twice(o.Lora) is not null, o => $"Lora.TargetModules holds \"{Twice(o.Lora)}\" more than once: name each layer once."),

        // The adapter of a directory
        new("Lora.AdapterPath", o => o.Lora is { AdapterPath: { } path } && Blank(path), _ => "Lora.AdapterPath is empty: name a PEFT adapter directory, or leave it null for new adapters."),
        new("Lora.AdapterPath", o => o.Lora is { AdapterPath: not null } lora && SetBeside(lora).Length > 0, o => $"Lora.AdapterPath is \"{o.Lora!.AdapterPath}\", and {SetBeside(o.Lora)} is set too, which the adapter's own files say: leave it null or empty, or set Lora.AdapterPath = null."),

        // The adapter of an initial policy
        new("Lora", o => o.Lora is not null && OfInitialPolicy(o) is not null, _ => "Lora is set, but InitialPolicy has an adapter, and another on top of it would add up unseen: set Lora = null to go on training the one it has, or save the policy with SavePretrained, which merges it, and set ModelPath to that directory in place of InitialPolicy."),
        new("InitialPolicy", o => o.Lora is null && OfInitialPolicy(o) is { OnHead: true, Settings.Dropout: > 0 }, o => Text($"InitialPolicy has an adapter on the head ({CausalLM.HeadLayer}) with dropout {OfInitialPolicy(o)!.Settings.Dropout}, but the head's input has no dropout: save the adapter with SaveAdapter, and in place of InitialPolicy set ModelPath to the model that it is on, Lora.AdapterPath to where it was saved, and Lora.Dropout = 0.")),
        new("Reference.SyncEverySteps", o => o is { Reference.SyncEverySteps: not null, Lora: null } && OfInitialPolicy(o) is not null, o => Text($"Reference.SyncEverySteps is {o.Reference.SyncEverySteps}, but InitialPolicy has an adapter, so that the reference is the model without it, into which nothing can be mixed: set Reference.SyncEverySteps = null, or save the policy with SavePretrained and set ModelPath to that directory in place of InitialPolicy.")),
    ];

    private static AdapterFacts? OfInitialPolicy(GrpoOptions o) => o.InitialPolicy?.Adapter;

    private static string? Twice(LoraOptions? lora) =>
        lora?.TargetModules.Where(m => !Blank(m)).GroupBy(m => m).FirstOrDefault(g => g.Count() > 1)?.Key;

    private static string SetBeside(LoraOptions lora) => Those(
        lora.Rank is null ? null : Text($"Lora.Rank = {lora.Rank}"),
        lora.Alpha is null ? null : Text($"Lora.Alpha = {lora.Alpha}"),
        lora.RankStabilized is null ? null : $"Lora.RankStabilized = {(lora.RankStabilized.Value ? "true" : "false")}",
        lora.TargetModules.Count == 0 ? null : $"Lora.TargetModules = {{ {string.Join(", ", lora.TargetModules)} }}");
}
