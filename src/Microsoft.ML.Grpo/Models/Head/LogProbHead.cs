namespace Microsoft.ML.Grpo;

/// <summary>How log-probs and entropies are made from hidden states.</summary>
public enum LogProbHead
{
    /// <summary>Tile by tile over tokens and vocabulary; the backward pass makes the tiles again. The logits of all tokens are never held.</summary>
    Tiled,

    /// <summary>From the logits [tokens, vocabulary] of a whole micro-batch, several of which are in memory at once: for checking <see cref="Tiled"/> against.</summary>
    Full,
}
