using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>From hidden states to the log-prob of given tokens and the entropy of the distribution they were drawn from, by either head.</summary>
internal static class TokenLogProbs
{
    /// <summary>Log-probs and entropies, in nats, of the temperature-scaled distribution.</summary>
    /// <param name="model">Whose head to use.</param>
    /// <param name="hidden">[N, hidden]: the states that predict the tokens; only rows that are needed.</param>
    /// <param name="ids">[N] int64: the tokens.</param>
    /// <param name="temperature">Divides the logits; positive.</param>
    /// <param name="head">How.</param>
    /// <param name="entropyGraph">Whether the entropies shall have a graph too.</param>
    /// <returns>Two tensors [N]: log-probs, with graph if gradients are on, and entropies.</returns>
    public static (Tensor LogProbs, Tensor Entropies) Compute(
        CausalLM model, Tensor hidden, Tensor ids, double temperature, LogProbHead head = LogProbHead.Tiled, bool entropyGraph = false)
    {
        using var scope = NewDisposeScope();
        var (logProbs, entropies) = head == LogProbHead.Full
            ? FullHead.Compute(model.Logits(hidden), ids, temperature, entropyGraph)
            : TiledHead.Compute(model.LogitTerms(hidden).Over(temperature), ids, entropyGraph, HeadTile.Default);
        return (logProbs.MoveToOuterDisposeScope(), entropies.MoveToOuterDisposeScope());
    }
}
