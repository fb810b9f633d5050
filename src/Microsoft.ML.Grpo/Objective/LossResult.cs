using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The loss of a micro-batch. Its tensors belong to the dispose scope that was open around the computation.</summary>
/// <param name="Loss">A scalar with graph: this micro-batch's share of the update's loss, ready for <c>backward()</c>.</param>
/// <param name="Packed">The statistics, still on the device.</param>
/// <param name="Old">[B, T] the old log-probs that were used, no graph, 0 where the mask is 0: what a first visit writes back.</param>
/// <param name="Correction">[B, T] or [B, 1] the bounded IS ratio that was used, no graph; null: none.</param>
internal sealed record LossResult(Tensor Loss, PackedStatistics Packed, Tensor Old, Tensor? Correction)
{
    private LossStatistics? _statistics;

    /// <summary>
    /// The statistics. The first read waits for the device, so read after <c>backward()</c>, and before the tensors are disposed;
    /// it cannot be done on the meta device, which has no values.
    /// </summary>
    internal LossStatistics Statistics => _statistics ??= Packed.Read();
}
