namespace Microsoft.ML.Grpo;

/// <summary>
/// The denominators of a slice of the rollout. They are the slice's and the rollout's, not the micro-batch's, so that a
/// micro-batch (any subset of the slice's rows) adds its share, and the sum over micro-batches is the slice's loss
/// whatever the split. Summed over the slices of an update, the shares are the update's loss.
/// </summary>
/// <param name="SliceRows">Rows of the slice that this micro-batch belongs to; above 0.</param>
/// <param name="RolloutTokens">Tokens that carry loss (mask 1) in the whole rollout; may be 0, which counts as 1.</param>
/// <param name="Accumulation">Slices in this update's window, as it really is (the last of an epoch may be short); 1 in evaluation.</param>
/// <param name="SlicesPerRollout">Slices that <paramref name="RolloutTokens"/> spans; 1 in evaluation, where a rollout is one slice.</param>
internal sealed record LossScale(double SliceRows, double RolloutTokens, int Accumulation, int SlicesPerRollout)
{
    /// <summary>Tokens that carry loss in the slice; needed by <see cref="LossMean.SliceTokens"/> and the entropy bonus. 0 is right only where none does, and counts as 1.</summary>
    internal double SliceTokens { get; init; }

    /// <summary>The longest completion that the rollout allowed, in tokens; needed by <see cref="LossMean.AllowedTokens"/>, else 0.</summary>
    internal int MaxCompletionTokens { get; init; }

    /// <summary>What the entropy bonus weighs at the moment; 0: nothing.</summary>
    internal double EntropyCoefficient { get; init; }

    /// <summary>Which tokens are kept by entropy; null where the micro-batch is the whole slice (it is then found from its entropies) or nothing is cut.</summary>
    internal EntropyCut? EntropyCut { get; init; }
}
