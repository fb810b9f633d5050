using static Microsoft.ML.Grpo.OptionRule;

namespace Microsoft.ML.Grpo;

/// <summary>The rules for how weights follow gradients, and how the policy is measured.</summary>
internal static class LearningRules
{
    private static readonly EvaluationOptions Evaluations = new();

    public static IReadOnlyList<OptionRule> All { get; } =
    [
        // Optimizer
        Real("Optimizer.LearningRate", o => o.Optimizer.LearningRate, v => v >= 0, "0 or more and finite", "leave it null for 5e-6, or 2e-4 where an adapter is trained"),
        Known("Optimizer.Schedule", o => o.Optimizer.Schedule),
        AtLeast("Optimizer.WarmupSteps", o => o.Optimizer.WarmupSteps, 0, "leave it null for 5 % of the steps"),
        new("Optimizer.WarmupSteps", o => o.Optimizer.WarmupSteps > o.Steps && o.Steps > 0, o => Text($"Optimizer.WarmupSteps is {o.Optimizer.WarmupSteps}, but the run has {o.Steps} steps, so the learning rate would never be reached: make it smaller, or null for 5 % of the steps.")),
        Real("Optimizer.Beta1", o => o.Optimizer.Beta1, v => v is >= 0 and < 1, "from 0 to below 1", "leave it at 0.9"),
        Real("Optimizer.Beta2", o => o.Optimizer.Beta2, v => v is >= 0 and < 1, "from 0 to below 1", "leave it at 0.999"),
        Real("Optimizer.Epsilon", o => o.Optimizer.Epsilon, v => v > 0, "above 0 and finite", "leave it at 1e-8"),
        Real("Optimizer.WeightDecay", o => o.Optimizer.WeightDecay, v => v >= 0, "0 or more and finite", "leave it at 0 for none"),
        Real("Optimizer.MaxGradientNorm", o => o.Optimizer.MaxGradientNorm, v => v >= 0, "0 or more and finite", "leave it at 1, or set 0 for no clipping"),

        // Evaluation
        AtLeast("Evaluation.EvaluateEverySteps", o => o.Evaluation.EvaluateEverySteps, 1, "leave it null to evaluate before the first step and after the last only"),
        AtLeast("Evaluation.Samples", o => o.Evaluation.Samples, 1, "leave it null for as many as GroupSize"),
        new("Evaluation.EvaluateEverySteps", o => o.Evaluation is { EvaluateEverySteps: not null, ValidationData: null }, o => Text($"Evaluation.EvaluateEverySteps is {o.Evaluation.EvaluateEverySteps}, but there is nothing to evaluate on: set Evaluation.ValidationData, or Evaluation.EvaluateEverySteps = null.")),
        new("Evaluation.Samples", o => o.Evaluation is { Samples: not null, ValidationData: null }, o => Text($"Evaluation.Samples is {o.Evaluation.Samples}, but there is nothing to evaluate on: set Evaluation.ValidationData, or Evaluation.Samples = null.")),
        NoEffect("Evaluation.Greedy", o => Changed(o.Evaluation.Greedy, Evaluations.Greedy), WithoutData, "true"),
        NoEffect("Evaluation.Drift", o => Changed(o.Evaluation.Drift, Evaluations.Drift), WithoutData, "true"),
        NoEffect("Evaluation.Loss", o => Changed(o.Evaluation.Loss, Evaluations.Loss), WithoutData, "false"),
        new("Evaluation.EvaluateEverySteps", o => o.Evaluation is { ValidationData: not null } && o.Evaluation.EvaluateEverySteps > o.Steps && o.Steps > 0, o => Text($"Evaluation.EvaluateEverySteps is {o.Evaluation.EvaluateEverySteps}, but the run has {o.Steps} steps, so it has no effect: make it smaller, or null to evaluate before the first step and after the last only.")),
    ];

    private static string? WithoutData(GrpoOptions o) =>
        o.Evaluation.ValidationData is null ? "while Evaluation.ValidationData is null: set Evaluation.ValidationData" : null;
}
