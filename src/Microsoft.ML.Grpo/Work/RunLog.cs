using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo;

/// <summary>Every line that a run writes to its log.</summary>
internal static partial class RunLog
{
    [LoggerMessage(1, LogLevel.Information, "Policy: {ModelType}, {Parameters} weights, {Dtype}, on {Device}. Seed {Seed}.")]
    public static partial void PolicyAndSeed(ILogger logger, string modelType, long parameters, string dtype, string device, long seed);

    [LoggerMessage(2, LogLevel.Information, "{Description} A completion ends at one of the ids {StopIds}.")]
    public static partial void Prompts(ILogger logger, string description, string stopIds);

    [LoggerMessage(3, LogLevel.Information, "Forward plan: {Description}")]
    public static partial void Plan(ILogger logger, string description);

    [LoggerMessage(4, LogLevel.Information, "{Prompts} prompts, {Rollouts} rollouts of {PerRollout} an epoch, {LeftOut} prompts left out of each epoch, {Steps} steps.")]
    public static partial void Data(ILogger logger, int prompts, int rollouts, int perRollout, int leftOut, int steps);

    [LoggerMessage(5, LogLevel.Information, "Learning rate {LearningRate}, {Schedule} after {WarmupSteps} steps of warm-up.")]
    public static partial void LearningRate(ILogger logger, double learningRate, string schedule, int warmupSteps);

    [LoggerMessage(6, LogLevel.Information, "Step {Step}/{Steps}: reward {Reward:F3}, loss {Loss:F4}, gradient norm {GradientNorm:F3}, mean length {Length:F1}, {Seconds:F2} s.")]
    public static partial void Step(ILogger logger, int step, int steps, double reward, double loss, double gradientNorm, double length, double seconds);

    [LoggerMessage(7, LogLevel.Information, "Evaluation at step {Step}: reward {Reward:F3} sampled, {Greedy:F3} greedy, drift {Drift:F4} nats a token.")]
    public static partial void Evaluation(ILogger logger, int step, double reward, double greedy, double drift);

    [LoggerMessage(8, LogLevel.Warning, "{Count} prompts of the {Data} are longer than {Limit} tokens (MaxPromptTokens) and are left out (OverlongPrompts.Skip).")]
    public static partial void PromptsSkipped(ILogger logger, int count, string data, int limit);

    [LoggerMessage(9, LogLevel.Warning, "{Count} prompts of the {Data} are longer than {Limit} tokens (MaxPromptTokens) and have lost their beginnings (OverlongPrompts.TruncateLeft).")]
    public static partial void PromptsTruncated(ILogger logger, int count, string data, int limit);

    [LoggerMessage(10, LogLevel.Warning, "In all of the {Rollouts} rollouts so far every group had equal rewards, so there was nothing to learn. Look at some completions: is the task too hard or too easy for this model, or does a reward never differ?")]
    public static partial void RewardsAllEqual(ILogger logger, int rollouts);

    [LoggerMessage(11, LogLevel.Warning, "{Share:P0} of the completions were cut at the largest length. Raise MaxCompletionTokens, or set Loss.MaskTruncatedCompletions so that they carry no loss.")]
    public static partial void ManyTruncated(ILogger logger, double share);

    [LoggerMessage(12, LogLevel.Warning, "Rewards of a group differ by only {Spread:G2}: dividing by their standard deviation makes as much of that as of right and wrong. Set Loss.ScaleRewards to None or Batch, or give small rewards no weight.")]
    public static partial void TinySpread(ILogger logger, double spread);

    [LoggerMessage(13, LogLevel.Warning, "The learning rate {LearningRate} is high for all weights of a model with {Parameters} of them; above 1e-5 such models often collapse.")]
    public static partial void HighLearningRate(ILogger logger, double learningRate, long parameters);

    [LoggerMessage(14, LogLevel.Warning, "Cancelled: the policy is that of step {Step} of {Steps}.")]
    public static partial void Cancelled(ILogger logger, int step, int steps);

    [LoggerMessage(15, LogLevel.Warning, "{Warning}")]
    public static partial void Option(ILogger logger, string warning);

    [LoggerMessage(16, LogLevel.Information, "Sampling alone and in company: the same ids, log-probs within {Difference:G2}.")]
    public static partial void RowsIndependent(ILogger logger, double difference);

    [LoggerMessage(17, LogLevel.Warning, "On this machine a completion depends on the others that are sampled with it (ids {IdsEqual}, log-probs within {Difference:G2}): runs repeat only with the same batches. Set Execution.MaxCacheTokens, which otherwise follows the memory that is free.")]
    public static partial void RowsDependent(ILogger logger, string idsEqual, double difference);

    [LoggerMessage(18, LogLevel.Warning, "No reward could judge {Count} of the {Completions} completions of a rollout (prompts of the data's rows {Rows}): they do not train. This is said once.")]
    public static partial void Unscorable(ILogger logger, int count, int completions, string rows);

    [LoggerMessage(EventId = 19, Message = "{Line}")]
    public static partial void FromMLNet(ILogger logger, LogLevel level, string line);

    [LoggerMessage(20, LogLevel.Information, "Threads of an operator: {Threads}. More than there are free cores slows sampling several times (Execution.Threads).")]
    public static partial void Threads(ILogger logger, int threads);

    [LoggerMessage(21, LogLevel.Warning, "config.json has keys that nothing here reads: {Keys}. If one of them changes what the model computes, its outputs are not what they should be.")]
    public static partial void UnusedConfigKeys(ILogger logger, string keys);

    [LoggerMessage(23, LogLevel.Warning, "MinInformativeGroups is {Least}, but only {Informative} groups of a rollout have rewards that differ, and further prompts were sampled as often as MaxResampleRounds = {Rounds} allows: the run goes on with what there is. Look at some completions: is the task too hard or too easy for this model? Lower MinInformativeGroups, or raise MaxResampleRounds. This is said once.")]
    public static partial void FewInformative(ILogger logger, int least, int informative, int rounds);

    [LoggerMessage(24, LogLevel.Information, "Adapter: rank {Rank}, scale {Scaling}, dropout {Dropout}, on {Layers} layers ({Names}); its {Trained} weights train, and no others.")]
    public static partial void Adapter(ILogger logger, int rank, double scaling, double dropout, int layers, string names, long trained);

    [LoggerMessage(25, LogLevel.Warning, "The correction for the sampler left {Share:P0} of a rollout's tokens (or completions, at sequence modes) out of the loss: sampler and trainer disagree more than the bounds allow. Set a truncating ImportanceSampling.Mode or wider bounds, or find out why they disagree (sampling/* metrics).")]
    public static partial void MuchMasked(ILogger logger, double share);

    [LoggerMessage(26, LogLevel.Information, "Forward plan of evaluation: {Description}")]
    public static partial void EvaluationPlan(ILogger logger, string description);

    [LoggerMessage(27, LogLevel.Information, "Objective: {Description}.")]
    public static partial void Objective(ILogger logger, string description);

    [LoggerMessage(28, LogLevel.Information, "Reference: {Description}.")]
    public static partial void Reference(ILogger logger, string description);

    [LoggerMessage(29, LogLevel.Warning, "{Share:P0} of the completions were cut at the largest length and carry no loss (Loss.MaskTruncatedCompletions): the policy learns from the others alone. Raise MaxCompletionTokens, or let them count.")]
    public static partial void ManyMasked(ILogger logger, double share);

    [LoggerMessage(30, LogLevel.Warning, "Step {Step} learned nothing, though rewards differed: its gradient is 0. See which of Loss.MaskTruncatedCompletions, Loss.OffPolicyMaskThreshold, ImportanceSampling and a custom loss keeps every token out. This is said once.")]
    public static partial void NothingLearned(ILogger logger, int step);

    [LoggerMessage(31, LogLevel.Warning, "Values of the reward {Reward} differ by only {Spread:G2} in a group: with NormalizeThenSum they are divided by their own standard deviation, which makes as much of that as of right and wrong. Give that reward no weight, or set Loss.RewardAggregation = SumThenNormalize.")]
    public static partial void TinySpreadOfReward(ILogger logger, string reward, double spread);

    [LoggerMessage(32, LogLevel.Information, "{Description}")]
    public static partial void SkippedRows(ILogger logger, string description);

    [LoggerMessage(33, LogLevel.Information, "A completion with its prompt takes {Tokens} tokens, more than the {Budget} of Execution.MicroBatchTokens, and goes through the model alone: memory follows the longest. This is said once.")]
    public static partial void BeyondBudget(ILogger logger, long tokens, int budget);

    [LoggerMessage(34, LogLevel.Information, "Rollouts hold the keys and values of {Tokens} tokens at most ({Source}).")]
    public static partial void Cache(ILogger logger, long tokens, string source);

    [LoggerMessage(35, LogLevel.Information, "Passes: {Tokens} tokens at once, {Head} head, prompts shared: {Sharing}, activations {Activations}.")]
    public static partial void Passes(ILogger logger, int tokens, string head, string sharing, string activations);

    [LoggerMessage(36, LogLevel.Warning, "Threads of an operator: {Threads}, but this machine has {Cores} cores: a step may take hundreds of times as long. Set Execution.Threads to the cores that are free.")]
    public static partial void TooManyThreads(ILogger logger, int threads, int cores);

    [LoggerMessage(37, LogLevel.Information, "Products of the blocks: {Type}, the faster here; one took {Float32:F1} ms in float32 and {BFloat16:F1} ms in bfloat16 (Execution.ComputeType = Fastest).")]
    public static partial void FastestType(ILogger logger, string type, double float32, double bFloat16);

    [LoggerMessage(38, LogLevel.Warning, "Execution.ComputeType is BFloat16, but this machine is no faster in it: a product took {Float32:F1} ms in float32 and {BFloat16:F1} ms in bfloat16. Set Float32, or Fastest to have it measured.")]
    public static partial void SlowType(ILogger logger, double float32, double bFloat16);

    [LoggerMessage(39, LogLevel.Information, "{Saved}")]
    public static partial void Saved(ILogger logger, string saved);

    [LoggerMessage(40, LogLevel.Warning, "{Saved} Most of what was learned is rounded away: save with WeightType.Float32.")]
    public static partial void MostRoundedAway(ILogger logger, string saved);
}
