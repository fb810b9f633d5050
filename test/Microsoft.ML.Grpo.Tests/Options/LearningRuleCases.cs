namespace Microsoft.ML.Grpo.Tests;

/// <summary>Options that each break one rule, and what the rule says: optimizer and evaluation.</summary>
internal static class LearningRuleCases
{
    private static readonly IDataView Data = TestOptions.NoRows();

    public static readonly (Action<GrpoOptions> Change, string Message)[] All =
    [
        (o => o.Optimizer.LearningRate = double.NaN, "Optimizer.LearningRate is NaN, but must be 0 or more and finite: leave it null for 5e-6, or 2e-4 where an adapter is trained."),
        (o => o.Optimizer.Schedule = (LearningRateSchedule)9, "Optimizer.Schedule is 9, which is no LearningRateSchedule: use Constant or Linear or Cosine."),
        (o => o.Optimizer.WarmupSteps = -1, "Optimizer.WarmupSteps is -1, but must be 0 or more: leave it null for 5 % of the steps."),
        (o => (o.Optimizer.WarmupSteps, o.Steps) = (20, 10), "Optimizer.WarmupSteps is 20, but the run has 10 steps, so the learning rate would never be reached: make it smaller, or null for 5 % of the steps."),
        (o => o.Optimizer.Beta1 = 1, "Optimizer.Beta1 is 1, but must be from 0 to below 1: leave it at 0.9."),
        (o => o.Optimizer.Beta2 = -1, "Optimizer.Beta2 is -1, but must be from 0 to below 1: leave it at 0.999."),
        (o => o.Optimizer.Epsilon = 0, "Optimizer.Epsilon is 0, but must be above 0 and finite: leave it at 1e-8."),
        (o => o.Optimizer.WeightDecay = -1, "Optimizer.WeightDecay is -1, but must be 0 or more and finite: leave it at 0 for none."),
        (o => o.Optimizer.MaxGradientNorm = -1, "Optimizer.MaxGradientNorm is -1, but must be 0 or more and finite: leave it at 1, or set 0 for no clipping."),

        (o => (o.Evaluation.EvaluateEverySteps, o.Evaluation.ValidationData) = (0, Data), "Evaluation.EvaluateEverySteps is 0, but must be 1 or more: leave it null to evaluate before the first step and after the last only."),
        (o => (o.Evaluation.Samples, o.Evaluation.ValidationData) = (0, Data), "Evaluation.Samples is 0, but must be 1 or more: leave it null for as many as GroupSize."),
        (o => o.Evaluation.EvaluateEverySteps = 5, "Evaluation.EvaluateEverySteps is 5, but there is nothing to evaluate on: set Evaluation.ValidationData, or Evaluation.EvaluateEverySteps = null."),
        (o => o.Evaluation.Samples = 4, "Evaluation.Samples is 4, but there is nothing to evaluate on: set Evaluation.ValidationData, or Evaluation.Samples = null."),
        (o => o.Evaluation.Greedy = false, "Evaluation.Greedy is false, but has no effect while Evaluation.ValidationData is null: set Evaluation.ValidationData, or Evaluation.Greedy = true."),
        (o => o.Evaluation.Drift = false, "Evaluation.Drift is false, but has no effect while Evaluation.ValidationData is null: set Evaluation.ValidationData, or Evaluation.Drift = true."),
        (o => o.Evaluation.Loss = true, "Evaluation.Loss is true, but has no effect while Evaluation.ValidationData is null: set Evaluation.ValidationData, or Evaluation.Loss = false."),
        (o => (o.Evaluation.EvaluateEverySteps, o.Evaluation.ValidationData, o.Steps) = (11, Data, 10), "Evaluation.EvaluateEverySteps is 11, but the run has 10 steps, so it has no effect: make it smaller, or null to evaluate before the first step and after the last only."),
    ];
}
