namespace Microsoft.ML.Grpo;

/// <summary>
/// What samples training rollouts in place of the policy itself: see <see cref="RoundedRolloutEngine"/>. One engine serves one run at a time.
/// </summary>
public abstract class RolloutEngine
{
    private protected RolloutEngine()
    {
    }

    /// <summary>Whether it says how likely each token was that it sampled; without that there can be no correction.</summary>
    internal abstract bool GivesLogProbs { get; }

    /// <summary>Readies the engine for a run.</summary>
    /// <param name="policy">The policy to sample from; its weights change between rollouts.</param>
    /// <param name="work">Where passes are counted.</param>
    /// <param name="maxCacheTokens">Most tokens whose keys and values it may hold at once; null: what free memory allows.</param>
    /// <returns>The run's sampler; disposed at its end.</returns>
    internal abstract IRunSampler Start(Policy policy, WorkCounters work, long? maxCacheTokens = null);
}
