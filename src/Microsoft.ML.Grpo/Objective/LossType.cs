namespace Microsoft.ML.Grpo;

/// <summary>
/// How the clipped policy loss of single tokens becomes one number.
/// Both types share the term of a token, <c>l = -min(c1 A, clamp(c1, 1 - EpsilonLow, 1 + EpsilonHigh) A)</c>,
/// with the policy ratio <c>c1 = exp(lp - old)</c> and the advantage <c>A</c> of its completion;
/// they differ in what a long completion weighs.
/// </summary>
public enum LossType
{
    /// <summary>
    /// The mean over all tokens of the rollout, <c>sum(l) / tokens</c>: every token weighs the same, so a long completion
    /// weighs more than a short one. The default. Source: DAPO, arXiv 2503.14476, equation 8.
    /// </summary>
    Dapo,

    /// <summary>
    /// The mean over completions of the mean over their tokens, <c>mean_b(sum_t(l) / tokens_b)</c>: every completion weighs
    /// the same, so a token of a long one weighs less. Source: DeepSeekMath, arXiv 2402.03300, equation 3.
    /// </summary>
    Grpo,
}
