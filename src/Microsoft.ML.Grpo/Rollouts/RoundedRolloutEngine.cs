using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Samples in process from a rounded copy of the weights, refreshed after every update, and gives that copy's log-probs: a
/// sampler that really differs from the trainer, for tests and demonstrations of the correction.
/// </summary>
/// <remarks>The copy takes as much memory as the policy's weights. Random draws are those of sampling in process.</remarks>
public sealed class RoundedRolloutEngine : RolloutEngine
{
    /// <summary>Makes an engine.</summary>
    /// <param name="weights">How weights are rounded.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="weights"/> is no member of <see cref="RoundedWeights"/>.</exception>
    public RoundedRolloutEngine(RoundedWeights weights = RoundedWeights.EightBit) => Weights = Enum.IsDefined(weights)
        ? weights
        : throw new ArgumentOutOfRangeException(
            nameof(weights),
            string.Create(CultureInfo.InvariantCulture, $"weights is {(int)weights}, which is no {nameof(RoundedWeights)}: use {string.Join(" or ", Enum.GetNames<RoundedWeights>())}."));

    /// <summary>How weights are rounded.</summary>
    public RoundedWeights Weights { get; }

    internal override bool GivesLogProbs => true;

    internal override IRunSampler Start(Policy policy, WorkCounters work, long? maxCacheTokens = null) => new RoundedSampler(policy.Network, Weights, work, maxCacheTokens);
}
