namespace Microsoft.ML.Grpo;

/// <summary>
/// What a token adds to the policy loss, and how the tokens become one number.
/// All but <see cref="Cispo"/>, <see cref="Sapo"/> and <see cref="Vespo"/> share the term of a token,
/// <c>l = -min(c1 A, clamp(c1, 1 - EpsilonLow, 1 + EpsilonHigh) A)</c>, with the policy ratio <c>c1</c> (see <see cref="RatioLevel"/>)
/// and the advantage <c>A</c> of its completion; they differ in what a long completion weighs.
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

    /// <summary>As <see cref="Dapo"/>, over the tokens of the slice instead of the rollout's. Source: TRL <c>bnpo</c>.</summary>
    Bnpo,

    /// <summary>
    /// The sum over tokens divided by a constant, completions × the longest completion allowed: length is neither rewarded nor
    /// punished. Source: Dr. GRPO, arXiv 2503.20783.
    /// </summary>
    DrGrpo,

    /// <summary>
    /// <c>-sg(min(c1, EpsilonHigh)) A lp</c>, mean over all tokens of the rollout: the weight is bounded, so that every token keeps its gradient.
    /// <c>EpsilonHigh</c> is then the greatest weight itself (5 is usual). Source: CISPO, MiniMax-M1, arXiv 2506.13585, equation 4.
    /// </summary>
    Cispo,

    /// <summary>A soft gate in place of the clip, mean over completions. Source: SAPO, arXiv 2511.20347.</summary>
    Sapo,

    /// <summary>The clipped loss, a completion weighed by its length; meant for <see cref="RatioLevel.Sequence"/>. Source: LUSPO, arXiv 2602.05261.</summary>
    Luspo,

    /// <summary><c>-phi(w) A lp</c> with a smooth weight of the whole completion's ratio, mean over all tokens of the rollout. Source: VESPO, arXiv 2602.10693.</summary>
    Vespo,
}
