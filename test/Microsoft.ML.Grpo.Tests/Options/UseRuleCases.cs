namespace Microsoft.ML.Grpo.Tests;

/// <summary>Options that each break one rule, and what the rule says: machine, completing, cancellation.</summary>
internal static class UseRuleCases
{
    public static readonly (Action<GrpoOptions> Change, string Message)[] All =
    [
        (o => o.Execution.MicroBatchTokens = 0, "Execution.MicroBatchTokens is 0, but must be 1 or more: leave it null for 4096."),
        (o => o.Execution.Threads = 0, "Execution.Threads is 0, but must be 1 or more: leave it null for TorchSharp's own choice."),
        (o => o.Execution.LogProbHead = (LogProbHead)9, "Execution.LogProbHead is 9, which is no LogProbHead: use Tiled or Full."),
        (o => o.Execution.PromptSharing = (PromptSharing)9, "Execution.PromptSharing is 9, which is no PromptSharing: use Auto or Always or Never."),
        (o => o.Execution.MaxCacheTokens = 0, "Execution.MaxCacheTokens is 0, but must be 1 or more: leave it null for what fits into the memory that is free."),
        (o => o.Execution.Precision = (Precision)9, "Execution.Precision is 9, which is no Precision: use Float32 or Float64."),
        (o => o.Execution.ComputeType = (ComputeType)9, "Execution.ComputeType is 9, which is no ComputeType: use Float32 or BFloat16 or Fastest."),
        (o => (o.Execution.Precision, o.Execution.ComputeType) = (Precision.Float64, ComputeType.Fastest), "Execution.ComputeType is Fastest and Execution.Precision is Float64, but products are rounded or exact, not both: set ComputeType = Float32 (the weights' own type), or Precision = Float32."),

        (o => o.Generation.MaxCompletionTokens = 0, "Generation.MaxCompletionTokens is 0, but must be 1 or more: leave it null for as many as in training."),
        (o => o.Generation.Temperature = -1, "Generation.Temperature is -1, but must be 0, or 1e-4 or more and finite: leave it at 0 for the likeliest token."),
        (o => o.Generation.Temperature = 1e-7, "Generation.Temperature is 1E-07, but must be 0, or 1e-4 or more and finite: leave it at 0 for the likeliest token."),
        (o => (o.Generation.Temperature, o.Generation.TopK) = (1, 0), "Generation.TopK is 0, but must be 1 or more: leave it null for off."),
        (o => (o.Generation.Temperature, o.Generation.TopP) = (1, 0), "Generation.TopP is 0, but must be above 0 and at most 1: leave it null for off."),
        (o => (o.Generation.Temperature, o.Generation.MinP) = (1, 2), "Generation.MinP is 2, but must be from 0 to 1: leave it null for off."),
        (o => o.Generation.TopK = 5, "Generation.TopK is 5, but has no effect while Generation.Temperature is 0, which takes the likeliest token: set Generation.Temperature above 0, or Generation.TopK = null."),
        (o => o.Generation.TopP = 0.5, "Generation.TopP is 0.5, but has no effect while Generation.Temperature is 0, which takes the likeliest token: set Generation.Temperature above 0, or Generation.TopP = null."),
        (o => o.Generation.MinP = 0.5, "Generation.MinP is 0.5, but has no effect while Generation.Temperature is 0, which takes the likeliest token: set Generation.Temperature above 0, or Generation.MinP = null."),
        (o => o.Generation.Seed = 7, "Generation.Seed is 7, but has no effect while Generation.Temperature is 0, which takes the likeliest token: set Generation.Temperature above 0, or Generation.Seed = null."),
        (o => o.Generation.BatchSize = 0, "Generation.BatchSize is 0, but must be 1 or more: leave it at 64."),

        (o => o.OnCancel = (CancellationBehavior)9, "OnCancel is 9, which is no CancellationBehavior: use Throw or ReturnLastStep."),
        (o => o.OnCancel = CancellationBehavior.ReturnLastStep, "OnCancel is ReturnLastStep, but CancellationToken can never be cancelled: set CancellationToken to the token of a CancellationTokenSource, or OnCancel = Throw."),
    ];
}
