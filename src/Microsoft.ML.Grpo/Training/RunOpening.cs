using Microsoft.Extensions.Logging;
using TorchSharp;

namespace Microsoft.ML.Grpo;

/// <summary>What a run says and checks before its first step.</summary>
internal static class RunOpening
{
    /// <summary>Tells the log what will be trained, on what, and by which passes.</summary>
    public static void Announce(ILogger logger, Policy policy, PromptOrder order, string objective, ForwardPlan plan, ForwardPlan? evaluation, LearningRates rates, long seed)
    {
        var network = policy.Network;
        RunLog.PolicyAndSeed(logger, network.Config.ModelType, network.ParameterCount, network.Dtype.ToString(), network.Device.ToString(), seed);
        if (network.Adapter is { } adapter)
        {
            RunLog.Adapter(logger, adapter.Settings.Rank, adapter.Settings.Scaling, adapter.Settings.Dropout, adapter.Factors.Count, string.Join(", ", LoraTargets.Shortest(adapter.Factors.Keys, network)), network.TrainedCount);
        }

        var threads = torch.get_num_threads();
        if (threads > Environment.ProcessorCount)
        {
            RunLog.TooManyThreads(logger, threads, Environment.ProcessorCount);
        }
        else
        {
            RunLog.Threads(logger, threads);
        }

        if (policy.Model.UnusedConfigKeys is { Count: > 0 } unused)
        {
            RunLog.UnusedConfigKeys(logger, string.Join(", ", unused));
        }

        RunLog.Prompts(logger, policy.Prompts.Description, string.Join(", ", policy.StopIds.Order()));
        RunLog.Data(logger, (order.RolloutsPerEpoch * order.PerRollout) + order.LeftOut, order.RolloutsPerEpoch, order.PerRollout, order.LeftOut, rates.Steps);
        RunLog.Objective(logger, objective);
        RunLog.Plan(logger, plan.Description);
        if (evaluation is not null)
        {
            RunLog.EvaluationPlan(logger, evaluation.Description);
        }

        RunLog.LearningRate(logger, rates.Peak, rates.Schedule.ToString(), rates.WarmupSteps);
        if (network.Adapter is null)
        {
            RunWarnings.LearningRate(logger, rates.Peak, network.ParameterCount);
        }
    }

    /// <summary>Tells the log what the KL term holds the policy to.</summary>
    public static void AnnounceReference(ILogger logger, CausalLM policy, ReferenceOptions options) => RunLog.Reference(
        logger,
        policy.Adapter is not null ? "the model without its adapter"
        : options.SyncEverySteps is { } steps ? OptionRule.Text($"a copy that follows every {steps} steps")
        : "a frozen copy of the policy before training");

    /// <summary>Looks whether batching changes what is sampled in process; the run goes on either way, and its log tells.</summary>
    public static void CheckRows(ILogger logger, CausalLM network, SamplingParameters sampling, RunRandom random, CancellationToken cancellationToken, IReadOnlyList<PreparedPrompt>? prompts = null, long? maxCacheTokens = null)
    {
        var engine = new InProcessEngine(network, new(), WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode, maxCacheTokens); // no work of the run's
        RolloutPrompt[] own = [.. (prompts ?? []).Where(p => p.Further is not null).Select(p => new RolloutPrompt(0, p.Ids, p.Further))];
        RowIndependenceCheck
            .RunAsync(engine, network.Config, network.Dtype, sampling, random, cancellationToken, own).AsTask().GetAwaiter().GetResult()
            .Log(logger);
    }
}
