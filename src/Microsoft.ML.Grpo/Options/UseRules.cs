using static Microsoft.ML.Grpo.OptionRule;

namespace Microsoft.ML.Grpo;

/// <summary>The rules for how the machine is used, how the trained policy completes prompts, and how a run is stopped.</summary>
internal static class UseRules
{
    public static IReadOnlyList<OptionRule> All { get; } =
    [
        // Execution
        AtLeast("Execution.MicroBatchTokens", o => o.Execution.MicroBatchTokens, 1, $"leave it null for {new ExecutionOptions().ResolvedMicroBatchTokens}"),
        AtLeast("Execution.Threads", o => o.Execution.Threads, 1, "leave it null for TorchSharp's own choice"),
        Known("Execution.LogProbHead", o => o.Execution.LogProbHead),
        Known("Execution.PromptSharing", o => o.Execution.PromptSharing),
        AtLeast("Execution.MaxCacheTokens", o => o.Execution.MaxCacheTokens, 1, "leave it null for what fits into the memory that is free"),
        Known("Execution.Precision", o => o.Execution.Precision),
        Known("Execution.ComputeType", o => o.Execution.ComputeType),
        new("Execution.ComputeType", o => o.Execution is { Precision: Precision.Float64, ComputeType: ComputeType.BFloat16 or ComputeType.Fastest }, o => $"Execution.ComputeType is {o.Execution.ComputeType} and Execution.Precision is Float64, but products are rounded or exact, not both: set ComputeType = Float32 (the weights' own type), or Precision = Float32."),

        // Generation
        AtLeast("Generation.MaxCompletionTokens", o => o.Generation.MaxCompletionTokens, 1, "leave it null for as many as in training"),
        Real("Generation.Temperature", o => o.Generation.Temperature, v => v is 0 or >= SamplingParameters.LeastTemperature, "0, or 1e-4 or more and finite", "leave it at 0 for the likeliest token"),
        AtLeast("Generation.TopK", o => o.Generation.TopK, 1, "leave it null for off"),
        Real("Generation.TopP", o => o.Generation.TopP, v => v is > 0 and <= 1, "above 0 and at most 1", "leave it null for off"),
        Real("Generation.MinP", o => o.Generation.MinP, v => v is >= 0 and <= 1, "from 0 to 1", "leave it null for off"),
        NoEffectWhenGreedy("TopK", g => g.TopK),
        NoEffectWhenGreedy("TopP", g => g.TopP),
        NoEffectWhenGreedy("MinP", g => g.MinP),
        NoEffectWhenGreedy("Seed", g => g.Seed),
        AtLeast("Generation.BatchSize", o => o.Generation.BatchSize, 1, "leave it at 64"),

        // Cancellation
        Known("OnCancel", o => o.OnCancel),
        new("OnCancel", o => o is { OnCancel: CancellationBehavior.ReturnLastStep, CancellationToken.CanBeCanceled: false }, _ => "OnCancel is ReturnLastStep, but CancellationToken can never be cancelled: set CancellationToken to the token of a CancellationTokenSource, or OnCancel = Throw."),
    ];

    private static OptionRule NoEffectWhenGreedy(string option, Func<GenerationOptions, object?> read) => NoEffect(
        $"Generation.{option}",
        o => read(o.Generation),
        o => o.Generation.Temperature == 0 ? "while Generation.Temperature is 0, which takes the likeliest token: set Generation.Temperature above 0" : null);
}
