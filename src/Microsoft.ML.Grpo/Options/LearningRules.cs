using static Microsoft.ML.Grpo.OptionRule;

namespace Microsoft.ML.Grpo;

/// <summary>The rules for how weights follow gradients, which weights those are, and how the policy is measured.</summary>
internal static class LearningRules
{
    private static readonly LoraOptions Adapters = new();

    public static IReadOnlyList<OptionRule> All { get; } =
    [
        // Optimizer
        Real("Optimizer.LearningRate", o => o.Optimizer.LearningRate, v => v >= 0, "0 or more and finite", "leave it null for 1e-6, or 1e-4 with Lora"),
        Known("Optimizer.Schedule", o => o.Optimizer.Schedule),
        AtLeast("Optimizer.WarmupSteps", o => o.Optimizer.WarmupSteps, 0, "leave it null for 5 % of the steps"),
        new("Optimizer.WarmupSteps", o => o.Optimizer.WarmupSteps > o.Steps && o.Steps > 0, o => Text($"Optimizer.WarmupSteps is {o.Optimizer.WarmupSteps}, but the run has {o.Steps} steps, so the learning rate would never be reached: make it smaller, or null for 5 % of the steps.")),
        Real("Optimizer.Beta1", o => o.Optimizer.Beta1, v => v is >= 0 and < 1, "from 0 to below 1", "leave it at 0.9"),
        Real("Optimizer.Beta2", o => o.Optimizer.Beta2, v => v is >= 0 and < 1, "from 0 to below 1", "leave it at 0.999"),
        Real("Optimizer.Epsilon", o => o.Optimizer.Epsilon, v => v > 0, "above 0 and finite", "leave it at 1e-8"),
        Real("Optimizer.WeightDecay", o => o.Optimizer.WeightDecay, v => v >= 0, "0 or more and finite", "leave it at 0 for none"),
        Real("Optimizer.MaxGradientNorm", o => o.Optimizer.MaxGradientNorm, v => v >= 0, "0 or more and finite", "leave it at 1, or set 0 for no clipping"),

        // LoRA
        AtLeast("Lora.Rank", o => o.Lora?.Rank, 1, "leave it at 16"),
        Real("Lora.Alpha", o => o.Lora?.Alpha, v => v > 0, "above 0 and finite", "leave it at 32"),
        Real("Lora.Dropout", o => o.Lora?.Dropout, v => v is >= 0 and < 1, "from 0 to below 1", "leave it at 0 for none"),
        new("Lora.TargetModules", o => o.Lora is { } lora && lora.TargetModules.Any(Blank), o => Text($"Lora.TargetModules[{o.Lora!.TargetModules.ToList().FindIndex(Blank)}] is empty: name a linear layer, such as \"q_proj\", or leave the list empty for all but the head.")),
        new("Lora.TargetModules", o => Twice(o.Lora) is not null, o => $"Lora.TargetModules holds \"{Twice(o.Lora)}\" more than once: name each layer once."),
        new("Lora.AdapterPath", o => o.Lora is { AdapterPath: { } path } && Blank(path), _ => "Lora.AdapterPath is empty: name a PEFT adapter directory, or leave it null for new adapters."),
        new("Lora.AdapterPath", o => o.Lora is { AdapterPath: not null } lora && SetBeside(lora).Length > 0, o => $"Lora.AdapterPath is \"{o.Lora!.AdapterPath}\", and {SetBeside(o.Lora)} is set too, which the adapter's own files say: leave it at its default, or set Lora.AdapterPath = null."),

        // Evaluation
        AtLeast("Evaluation.EvaluateEverySteps", o => o.Evaluation.EvaluateEverySteps, 1, "leave it null to evaluate before the first step and after the last only"),
        AtLeast("Evaluation.Samples", o => o.Evaluation.Samples, 1, "leave it null for as many as GroupSize"),
        new("Evaluation.EvaluateEverySteps", o => o.Evaluation is { EvaluateEverySteps: not null, ValidationData: null }, o => Text($"Evaluation.EvaluateEverySteps is {o.Evaluation.EvaluateEverySteps}, but there is nothing to evaluate on: set Evaluation.ValidationData, or Evaluation.EvaluateEverySteps = null.")),
        new("Evaluation.Samples", o => o.Evaluation is { Samples: not null, ValidationData: null }, o => Text($"Evaluation.Samples is {o.Evaluation.Samples}, but there is nothing to evaluate on: set Evaluation.ValidationData, or Evaluation.Samples = null.")),
        new("Evaluation.EvaluateEverySteps", o => o.Evaluation is { ValidationData: not null } && o.Evaluation.EvaluateEverySteps > o.Steps && o.Steps > 0, o => Text($"Evaluation.EvaluateEverySteps is {o.Evaluation.EvaluateEverySteps}, but the run has {o.Steps} steps, so it has no effect: make it smaller, or null to evaluate before the first step and after the last only.")),
    ];

    private static bool Blank(string? text) => string.IsNullOrWhiteSpace(text);

    private static string? Twice(LoraOptions? lora) =>
        lora?.TargetModules.Where(m => !Blank(m)).GroupBy(m => m).FirstOrDefault(g => g.Count() > 1)?.Key;

    private static string SetBeside(LoraOptions lora) => string.Join(", ", new[]
    {
        lora.Rank == Adapters.Rank ? null : Text($"Lora.Rank = {lora.Rank}"),
        lora.Alpha == Adapters.Alpha ? null : Text($"Lora.Alpha = {lora.Alpha}"),
        lora.RankStabilized == Adapters.RankStabilized ? null : "Lora.RankStabilized = true",
        lora.TargetModules.Count == 0 ? null : $"Lora.TargetModules = {{ {string.Join(", ", lora.TargetModules)} }}",
    }.OfType<string>());
}
