namespace Microsoft.ML.Grpo;

/// <summary>By what a completion's distance from its group's mean reward is divided to make its advantage.</summary>
public enum ScaleRewards
{
    /// <summary>The standard deviation of the rewards of its group (DeepSeekMath, arXiv 2402.03300, section 4.1).</summary>
    Group,

    /// <summary>The standard deviation of the rewards of the whole rollout.</summary>
    Batch,

    /// <summary>Nothing: easy and hard prompts weigh by their spread (Dr. GRPO, arXiv 2503.20783, section 3).</summary>
    None,
}
