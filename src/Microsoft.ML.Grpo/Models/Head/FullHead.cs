using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// From the logits to the log-prob of given tokens and the entropy of the distribution they were drawn from. The
/// normaliser is built from a maximum and a sum of exponentials: float32 <c>log_softmax</c> is biased at large
/// vocabularies on the CPU, and <c>logsumexp</c> is slow there.
/// </summary>
internal static class FullHead
{
    /// <summary>Log-probs and entropies, in nats, of the temperature-scaled distribution.</summary>
    /// <param name="logits">[N, V].</param>
    /// <param name="ids">[N] int64: the tokens.</param>
    /// <param name="temperature">Divides the logits; positive.</param>
    /// <param name="entropyGraph">Whether the entropies shall have a graph too; it takes two more [N, V] tensors.</param>
    /// <returns>Two tensors [N]: log-probs, with graph if gradients are on, and entropies.</returns>
    public static (Tensor LogProbs, Tensor Entropies) Compute(Tensor logits, Tensor ids, double temperature, bool entropyGraph = false)
    {
        using var scope = NewDisposeScope();
        logits = Scale(logits, temperature); // [N, V]
        var normaliser = LogNormaliser(logits);
        var chosen = logits.gather(1, ids.unsqueeze(1)).squeeze(1);
        var logProbs = chosen - normaliser;
        var entropies = entropyGraph ? Entropy(logits, normaliser) : Entropy(logits.detach(), normaliser.detach());
        return (logProbs.MoveToOuterDisposeScope(), entropies.MoveToOuterDisposeScope());
    }

    /// <summary>Logits [N, V] divided by the temperature.</summary>
    public static Tensor Scale(Tensor logits, double temperature) => temperature == 1 ? logits : logits / Scalars.Of(temperature);

    /// <summary>log Σ exp over the vocabulary: [N, V] to [N].</summary>
    public static Tensor LogNormaliser(Tensor logits)
    {
        using var scope = NewDisposeScope();
        var largest = logits.detach().amax([1], keepdim: true); // [N, 1]
        return (logits - largest).exp().sum(1).log().Plus(largest.squeeze(1)).MoveToOuterDisposeScope();
    }

    private static Tensor Entropy(Tensor logits, Tensor normaliser)
    {
        using var scope = NewDisposeScope();
        var logProbs = logits - normaliser.unsqueeze(1); // [N, V]
        var terms = logProbs.requires_grad ? logProbs.exp() * logProbs : logProbs.exp().mul_(logProbs); // the gradient of exp is its result
        return terms.sum(1).neg().MoveToOuterDisposeScope();
    }
}
