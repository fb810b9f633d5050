namespace Microsoft.ML.Grpo;

/// <summary>How the losses of the tokens of a step become one number.</summary>
public enum LossType
{
    /// <summary>The mean over all tokens of the step, so that each token weighs the same (DAPO, arXiv 2503.14476, section 3.3).</summary>
    Dapo,

    /// <summary>The mean over completions of the mean over their tokens, so that each completion weighs the same (DeepSeekMath, arXiv 2402.03300, section 4.1).</summary>
    Grpo,
}
