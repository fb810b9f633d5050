namespace Microsoft.ML.Grpo;

/// <summary>How <see cref="RoundedRolloutEngine"/> rounds weights.</summary>
public enum RoundedWeights
{
    /// <summary>Each row of a matrix to 255 equally spaced values, as int8 inference does.</summary>
    EightBit,

    /// <summary>To bfloat16.</summary>
    BFloat16,
}

/// <summary>
/// Samples in process from a rounded copy of the weights, refreshed after every update, and gives that copy's log-probs: a
/// sampler that really differs from the trainer, for tests and demonstrations of the correction.
/// </summary>
/// <param name="weights">How weights are rounded.</param>
public sealed class RoundedRolloutEngine(RoundedWeights weights = RoundedWeights.EightBit) : RolloutEngine
{
    /// <summary>How weights are rounded.</summary>
    public RoundedWeights Weights { get; } = weights;

    internal override bool GivesLogProbs => true;

    internal override IRunSampler Start(Policy policy, WorkCounters work) => throw new NotImplementedException();
}
