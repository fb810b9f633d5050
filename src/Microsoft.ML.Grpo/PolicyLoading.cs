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
        var logger = options.Logger ?? new ChannelLogger(channel);
        var policy = Policy(environment, options, logger);
        Adapt(policy, () =>
        {
            PolicyAdapter.Read(policy.Network, options);
            Compute(policy.Network, options, logger, frozen: true);
        });
        return new(environment, new PolicyTextGenerator(policy, Generation(options, seed, policy.Network.ComputeType)), Columns(options));
    }

    /// <summary>The columns that the options name.</summary>
    public static GrpoColumns Columns(GrpoOptions options) =>
        new(options.PromptColumnName, options.OutputColumnName, options.LogProbColumnName, options.FinishReasonColumnName);

    /// <summary>The policy that a run trains: the model, and the adapter that the options ask for.</summary>
    /// <param name="environment">The environment to report to.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="logger">The run's log.</param>
    /// <param name="seed">The run's seed, which new adapters are drawn by.</param>
    public static Policy ToTrain(IHostEnvironment environment, GrpoOptions options, ILogger logger, long seed)
    {
        var policy = Policy(environment, options, logger);
        Adapt(policy, () =>
        {
            PolicyAdapter.Prepare(policy.Network, options, new RunRandom(seed));
            Compute(policy.Network, options, logger, frozen: policy.Network.Adapter is not null);
        });
        return policy;
    }

    private static void Compute(CausalLM network, GrpoOptions options, ILogger logger, bool frozen)
    {
        var wanted = options.Execution.ComputeType;
        var type = wanted;
        if (wanted != ComputeType.Float32)
        {
            var race = ProductRace.Run(network.Device);
            type = wanted == ComputeType.Fastest ? race.Faster : wanted;
            if (wanted == ComputeType.Fastest)
            {
                RunLog.FastestType(logger, type.ToString(), race.Float32 * 1000, race.BFloat16 * 1000);
            }
            else if (race.Faster == ComputeType.Float32)
            {
                RunLog.SlowType(logger, race.Float32 * 1000, race.BFloat16 * 1000);
            }
        }

        network.ComputeIn(type, frozen);
    }

    // A policy whose adapter is refused is nobody's.
    private static void Adapt(Policy policy, Action adapt)
    {
        try
        {
            adapt();
        }
        catch
        {
            policy.Dispose();
            throw;
        }
    }

    /// <summary>Prepares the native library as the options say, and loads the model, or copies that of an earlier policy.</summary>
    private static Policy Policy(IHostEnvironment environment, GrpoOptions options, ILogger logger)
    {
        TorchRuntime.Initialize(options.Execution.TuneAllocator);
        if (options.Execution.Threads is { } threads)
        {
            TorchRuntime.SetThreads(threads);
        }

        var (dtype, device) = (options.Execution.Precision.ToScalarType(), TorchDevice.Of(environment, logger));
        int[] stopIds = [.. options.Sampling.StopTokenIds];
        PolicyAdapter.CheckModelPath(options);
        return options.InitialPolicy is { } initial
            ? initial.CopyPolicy(dtype, device, options.PromptFormat, options.SystemPrompt, stopIds)
            : Grpo.Policy.Load(options.ModelPath!, dtype, device, options.PromptFormat, options.SystemPrompt, stopIds);
    }

    /// <summary>How the transformer completes prompts.</summary>
    public static GenerationSettings Generation(GrpoOptions options, long seed, ComputeType computeType) => new()
    {
        Temperature = options.Generation.Temperature,
        TopK = options.Generation.TopK,
        TopP = options.Generation.TopP,
        MinP = options.Generation.MinP,
        MaxCompletionTokens = options.ResolvedGenerationTokens,
        BatchSize = options.Generation.BatchSize,
        Seed = options.Generation.Seed ?? seed,
        Precision = options.Execution.Precision,
        ComputeType = computeType,
        PromptFormat = options.PromptFormat,
        SystemPrompt = options.SystemPrompt,
        StopTokenIds = [.. options.Sampling.StopTokenIds],
    };
}
