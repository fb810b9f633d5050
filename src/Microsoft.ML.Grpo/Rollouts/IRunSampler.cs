namespace Microsoft.ML.Grpo;

/// <summary>An engine at work for one run.</summary>
internal interface IRunSampler : IRolloutEngine, IDisposable
{
    /// <summary>The policy's weights have changed: what is sampled next must come from the new ones.</summary>
    void WeightsChanged();
}
