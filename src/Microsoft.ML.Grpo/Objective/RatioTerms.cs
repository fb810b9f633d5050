using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>What a policy loss is a function of, besides the advantages.</summary>
/// <param name="Lp">[B, T] current log-probs, with graph.</param>
/// <param name="LogRatio">[B, T] log of the policy ratio, with graph.</param>
/// <param name="Ratio">[B, T] the policy ratio c1, with graph, before any clip.</param>
internal sealed record RatioTerms(Tensor Lp, Tensor LogRatio, Tensor Ratio);
