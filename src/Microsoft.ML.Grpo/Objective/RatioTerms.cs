using static TorchSharp.torch;

namespace Microsoft.ML.Grpo;

/// <summary>The policy ratio and what it is made of.</summary>
/// <param name="TokenLog">[B, T] log-ratio of each token, with graph.</param>
/// <param name="Log">[B, T], or [B, 1] at <see cref="RatioLevel.Sequence"/>: log of the ratio, with graph.</param>
/// <param name="Value">The ratio c1, of the shape of <paramref name="Log"/>, with graph, before any clip.</param>
/// <param name="Counted">What metrics of the ratio count, of its shape: the mask, or at <see cref="RatioLevel.Sequence"/> every completion, even one without tokens.</param>
internal sealed record RatioTerms(Tensor TokenLog, Tensor Log, Tensor Value, Tensor Counted);
