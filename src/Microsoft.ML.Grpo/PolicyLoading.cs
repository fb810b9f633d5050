using Microsoft.Extensions.Logging;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Grpo;

/// <summary>From options to a policy and to the transformer that completes prompts with it.</summary>
internal static class PolicyLoading
{
    /// <summary>A transformer of the model as it is.</summary>
    public static GrpoTransformer Load(IHostEnvironment environment, GrpoOptions options)
    {
        OptionRules.CheckWithoutTraining(options);
        var seed = options.Seed ?? MLNetInternals.SeedOf(environment) ?? 0;
        using var channel = environment.Register(nameof(GrpoTransformer)).Start("Load");
        var policy = Policy(environment, options, options.Logger ?? new ChannelLogger(channel));
        return new(environment, new PolicyTextGenerator(policy, Generation(options, seed)), Columns(options));
    }

    /// <summary>The columns that the options name.</summary>
    public static GrpoColumns Columns(GrpoOptions options) =>
        new(options.PromptColumnName, options.OutputColumnName, options.LogProbColumnName, options.FinishReasonColumnName);

    /// <summary>Prepares the native library as the options say, and loads the model.</summary>
    public static Policy Policy(IHostEnvironment environment, GrpoOptions options, ILogger logger)
    {
        TorchRuntime.Initialize(options.Execution.TuneAllocator);
        if (options.Execution.Threads is { } threads)
        {
            TorchRuntime.SetThreads(threads);
        }

        return Grpo.Policy.Load(
            options.ModelPath!,
            options.Execution.Precision.ToScalarType(),
            TorchDevice.Of(environment, logger),
            options.PromptFormat,
            options.SystemPrompt,
            [.. options.Sampling.StopTokenIds]);
    }

    /// <summary>How the transformer completes prompts.</summary>
    public static GenerationSettings Generation(GrpoOptions options, long seed) => new()
    {
        Temperature = options.Generation.Temperature,
        TopK = options.Generation.TopK,
        TopP = options.Generation.TopP,
        MinP = options.Generation.MinP,
        MaxCompletionTokens = options.ResolvedGenerationTokens,
        BatchSize = options.Generation.BatchSize,
        Seed = options.Generation.Seed ?? seed,
        Precision = options.Execution.Precision,
        PromptFormat = options.PromptFormat,
        SystemPrompt = options.SystemPrompt,
        StopTokenIds = [.. options.Sampling.StopTokenIds],
    };
}
