using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>What a custom loss is a function of. B completions, padded to T tokens; the tensors are the library's: do not dispose or change them.</summary>
/// <param name="Lp">[B, T] current log-probs, in nats, with graph; 0 where the mask is 0.</param>
/// <param name="Old">[B, T] the same at the weights that sampled, no graph.</param>
/// <param name="LogRatio">[B, T], or [B, 1] at <see cref="RatioLevel.Sequence"/>: log of the policy ratio, with graph.</param>
/// <param name="Advantages">[B, 1].</param>
/// <param name="Mask">[B, T] 1 = the token carries loss, else 0.</param>
public sealed record PolicyLossTerms(Tensor Lp, Tensor Old, Tensor LogRatio, Tensor Advantages, Tensor Mask);
