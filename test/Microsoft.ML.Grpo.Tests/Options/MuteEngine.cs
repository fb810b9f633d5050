namespace Microsoft.ML.Grpo.Tests;

/// <summary>An engine that samples without saying how likely each token was, and is never started.</summary>
internal sealed class MuteEngine : RolloutEngine
{
    internal override bool GivesLogProbs => false;

    internal override IRunSampler Start(Policy policy, WorkCounters work, long? maxCacheTokens = null) => throw new InvalidOperationException("Nothing is sampled here.");
}
