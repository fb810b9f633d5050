using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>What the KL term holds the policy to: a frozen copy of the weights as they were, or one that follows them slowly.</summary>
internal sealed class ReferencePolicy : IDisposable
{
    private readonly CausalLM _policy;
    private readonly CausalLM _copy;

    /// <summary>Copies the policy as it is.</summary>
    public ReferencePolicy(CausalLM policy) => (_policy, _copy) = (policy, policy.CloneFrozen());

    /// <summary>Runs a pass of the reference.</summary>
    public T Run<T>(Func<CausalLM, T> pass) => pass(_copy);

    /// <summary>Mixes the policy in: <c>reference = (1 - mix) reference + mix policy</c>, weight by weight (TR-DPO, arXiv 2404.09656, soft update).</summary>
    public void Sync(double mix)
    {
        using var noGrad = no_grad();
        foreach (var (name, weights) in _copy.Parameters)
        {
            using var scope = NewDisposeScope();
            weights.mul_(Scalars.Of(1 - mix)).add_(_policy.Parameters[name], Scalars.Of(mix));
        }
    }

    public void Dispose() => _copy.Dispose();
}
