using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Samples in process from a rounded copy of a policy. It owns the copy, and takes a new one before the next sample once
/// weights have changed: never more often, and none for changes that nothing is sampled between.
/// </summary>
internal sealed class RoundedSampler(CausalLM policy, RoundedWeights how, WorkCounters work, long? maxCacheTokens = null) : IRunSampler
{
    private CausalLM? _copy; // null: none yet, or older than the policy
    private bool _disposed;

    public ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _copy ??= Rounded();
        return new InProcessEngine(_copy, work, WorkPurpose.RolloutPrefill, WorkPurpose.RolloutDecode, maxCacheTokens).SampleAsync(request, cancellationToken);
    }

    /// <summary>The old copy goes at once, so that there are never three sets of weights.</summary>
    public void WeightsChanged()
    {
        _copy?.Dispose();
        _copy = null;
    }

    public void Dispose()
    {
        WeightsChanged();
        _disposed = true;
    }

    // The policy alone knows what its copy must hold, adapters included, so the copy is made anew and not written over.
    private CausalLM Rounded()
    {
        using var noGrad = no_grad();
        var copy = policy.CloneFrozen();
        try
        {
            foreach (var (name, weights) in copy.Parameters.Where(p => WeightRounding.Concerns(p.Key, p.Value, how)))
            {
                using var rounded = WeightRounding.Round(weights, how);
                weights.copy_(rounded);
            }

            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }
}
