using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// What the KL term holds the policy to: with an adapter, the model without it, which costs no memory; else a frozen copy of
/// the weights as they were, or one that follows them slowly.
/// </summary>
internal sealed class ReferencePolicy : IDisposable
{
    private readonly CausalLM _policy;
    private readonly CausalLM? _copy;

    /// <summary>Takes the policy as it is.</summary>
    public ReferencePolicy(CausalLM policy) => (_policy, _copy) = (policy, policy.Adapter is null ? policy.CloneFrozen() : null);

    /// <summary>Runs a pass of the reference.</summary>
    public T Run<T>(Func<CausalLM, T> pass)
    {
        if (_copy is not null)
        {
            return pass(_copy);
        }

        using var bare = _policy.WithoutAdapter();
        return pass(_policy);
    }

    /// <summary>Mixes the policy in: <c>reference = (1 - mix) reference + mix policy</c>, weight by weight (TR-DPO, arXiv 2404.09656, soft update).</summary>
    /// <exception cref="InvalidOperationException">The reference is the model without its adapter, which does not move.</exception>
    public void Sync(double mix)
    {
        if (_copy is null)
        {
            throw new InvalidOperationException("The reference is the model without its adapter: there is nothing to mix the policy into. Set Reference.SyncEverySteps = null.");
        }

        using var noGrad = no_grad();
        foreach (var (name, weights) in _copy.Parameters)
        {
            using var scope = NewDisposeScope();
            weights.mul_(Scalars.Of(1 - mix)).add_(_policy.Parameters[name], Scalars.Of(mix));
        }
    }

    public void Dispose() => _copy?.Dispose();
}
