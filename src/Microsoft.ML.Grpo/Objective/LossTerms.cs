using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>What a policy loss is a function of. Log-probs are 0 where the mask is 0.</summary>
/// <param name="Lp">[B, T] current log-probs, with graph.</param>
/// <param name="Old">[B, T] log-probs at the weights that sampled, no graph.</param>
/// <param name="Ratio">The policy ratio between them.</param>
/// <param name="Advantages">[B, 1], no graph.</param>
/// <param name="Mask">[B, T] 1 = the token carries loss, else 0.</param>
/// <param name="Correction">[B, T] or [B, 1] the bounded IS ratio, no graph; or <see langword="null"/>. Only a loss that places it itself reads it.</param>
internal sealed record LossTerms(Tensor Lp, Tensor Old, RatioTerms Ratio, Tensor Advantages, Tensor Mask, Tensor? Correction);
