using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>
/// From the terms of tokens to a micro-batch's share of the update's loss. A mask of nothing gives 0, not 0/0:
/// denominators that count tokens are at least 1.
/// </summary>
internal static class Normalisers
{
    /// <summary><c>sum_b (sum_t l m / |o_b|) / B / GA</c>, B rows in the slice, GA slices in the update: a mean of means.</summary>
    internal static Tensor MeanOverRows(Tensor perToken, Tensor mask, LossScale scale)
    {
        Tensor lengths = mask.sum(1).clamp(Scalars.Of(1));                  // [B]
        Tensor rowMeans = (perToken * mask).sum(1) / lengths;   // [B]
        return rowMeans.sum() / Scalars.Of(scale.SliceRows * scale.Accumulation);
    }

    /// <summary><c>sum_b (sum_t l m) / B / GA</c>: a mean over rows of sums over tokens.</summary>
    internal static Tensor MeanOfRowSums(Tensor perToken, Tensor mask, LossScale scale) =>
        (perToken * mask).sum() / Scalars.Of(scale.SliceRows * scale.Accumulation);

    /// <summary><c>sum l m / N_slice / GA</c>, N_slice tokens in the slice.</summary>
    /// <exception cref="ArgumentException">N_slice is not known.</exception>
    internal static Tensor MeanOverSliceTokens(Tensor perToken, Tensor mask, LossScale scale) =>
        (perToken * mask).sum() / Scalars.Of(SliceTokens(mask, scale) * scale.Accumulation);

    /// <summary><c>sum l m / (B L) / GA</c>, L the longest completion allowed: a constant, so that length is neither rewarded nor punished.</summary>
    /// <exception cref="ArgumentException">L is not known.</exception>
    internal static Tensor MeanOverAllowedTokens(Tensor perToken, Tensor mask, LossScale scale) =>
        scale.MaxCompletionTokens > 0
            ? (perToken * mask).sum() / Scalars.Of(scale.SliceRows * scale.MaxCompletionTokens * scale.Accumulation)
            : throw new ArgumentException(
                $"{nameof(LossScale.MaxCompletionTokens)} is {scale.MaxCompletionTokens}. Set it to the longest completion that the rollout allowed.", nameof(scale));

    /// <summary>
    /// <c>sum l m / (N GA / S)</c>, N tokens in the rollout's S slices: N / S tokens a slice, GA slices in the update.
    /// N is counted once, over the rollout, so that slices of unlike length keep their tokens' weight.
    /// </summary>
    internal static Tensor MeanOverRolloutTokens(Tensor perToken, Tensor mask, LossScale scale)
    {
        double tokens = Math.Max(scale.RolloutTokens, 1) * scale.Accumulation / scale.SlicesPerRollout;
        return (perToken * mask).sum() / Scalars.Of(tokens);
    }

    /// <summary>N_slice, at least 1.</summary>
    /// <exception cref="ArgumentException">It is 0, yet the mask has tokens.</exception>
    internal static double SliceTokens(Tensor mask, LossScale scale)
    {
        // The mask is on the device: it is asked only where the answer can be wrong.
        if (scale.SliceTokens == 0 && mask.sum().to(ScalarType.Float64).item<double>() is var tokens && tokens > 0)
        {
            throw new ArgumentException(
                $"{nameof(LossScale.SliceTokens)} is 0, but the micro-batch has {tokens} tokens that carry loss. Set it to the slice's tokens that do.", nameof(scale));
        }

        return Math.Max(scale.SliceTokens, 1);
    }
}
