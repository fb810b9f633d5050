namespace Microsoft.ML.Grpo;

/// <summary>What a reward's distance from its group's mean is divided by to give the advantage.</summary>
public enum ScaleRewards
{
    /// <summary>
    /// The standard deviation of the group: <c>A = (r - mean_group) / (std_group + 1e-4)</c>. The default.
    /// Easy and hard prompts pull equally, and a small difference in an otherwise even group is blown up.
    /// Source: DeepSeekMath, arXiv 2402.03300, section 4.1.2.
    /// </summary>
    Group,

    /// <summary>
    /// The standard deviation over the whole rollout: <c>A = (r - mean_group) / (std_rollout + 1e-4)</c>.
    /// Source: "Tricks or traps", arXiv 2508.08221.
    /// </summary>
    Batch,

    /// <summary>Nothing: <c>A = r - mean_group</c>, in units of the reward. Source: Dr. GRPO, arXiv 2503.20783.</summary>
    None,
}
