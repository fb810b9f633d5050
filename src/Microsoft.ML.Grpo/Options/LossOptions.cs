namespace Microsoft.ML.Grpo;

/// <summary>What the policy minimises.</summary>
public sealed class LossOptions
{
    /// <summary>How token losses become one number.</summary>
    /// <value>Default: <c>Dapo</c>. Range: a member of <see cref="LossType"/>.</value>
    /// <remarks>
    /// Each token weighs the same, whatever the length of its completion.
    /// <para>Source: TRL <c>loss_type</c>; DAPO, arXiv 2503.14476.</para>
    /// </remarks>
    public LossType Type { get; set; } = LossType.Dapo;

    /// <summary>How far below 1 the policy ratio counts.</summary>
    /// <value>Default: <c>0.2</c>. Range: above 0, at most 1.</value>
    /// <remarks>
    /// The usual width of PPO's clip.
    /// <para>Ignored: on an aligned schedule (the default), where the ratio is 1 at every update; changed there, it is warned of.</para>
    /// <para>Source: TRL <c>epsilon</c>; PPO, arXiv 1707.06347.</para>
    /// </remarks>
    public double EpsilonLow { get; set; } = 0.2;

    /// <summary>How far above 1 the policy ratio counts.</summary>
    /// <value>Default: <c>null</c> (as <see cref="EpsilonLow"/>). Range: above 0.</value>
    /// <remarks>
    /// DAPO's paper uses 0.28, which lets unlikely tokens grow faster.
    /// <para>Ignored: on an aligned schedule (the default), where the ratio is 1 at every update; changed there, it is warned of.</para>
    /// <para>Source: TRL <c>epsilon_high</c>; DAPO, arXiv 2503.14476, section 3.1.</para>
    /// </remarks>
    public double? EpsilonHigh { get; set; }

    /// <summary>Weight of the divergence from the policy as it was before training.</summary>
    /// <value>Default: <c>0</c>. Range: 0 or more.</value>
    /// <remarks>
    /// At 0 no reference policy is kept and no reference pass runs.
    /// <para>Source: TRL <c>beta</c>; DeepSeekMath, arXiv 2402.03300, uses 0.04.</para>
    /// </remarks>
    public double Beta { get; set; }

    /// <summary>Multiplies the divergence by the policy ratio, which makes its gradient unbiased.</summary>
    /// <value>Default: <c>null</c> (<c>true</c>). Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// The plain form is the older one; the two differ even when the ratio is 1, since the ratio carries a gradient.
    /// <para>Refused: when <see cref="Beta"/> is 0.</para>
    /// <para>Source: TRL <c>use_bias_correction_kl</c>; DeepSeek-V3.2.</para>
    /// </remarks>
    public bool? BiasCorrectedKl { get; set; }

    /// <summary>By what the distance from the group's mean reward is divided.</summary>
    /// <value>Default: <c>Group</c>. Range: a member of <see cref="Grpo.ScaleRewards"/>.</value>
    /// <remarks>
    /// Each prompt then weighs about the same, whatever the scale of its rewards.
    /// <para>Source: TRL <c>scale_rewards</c>.</para>
    /// </remarks>
    public ScaleRewards ScaleRewards { get; set; } = ScaleRewards.Group;

    /// <summary>Leaves completions out of the loss that reached <see cref="GrpoOptions.MaxCompletionTokens"/>; their rewards still count in their group's mean.</summary>
    /// <value>Default: <c>false</c>. Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// Off, so that a policy learns to come to an end.
    /// <para>Source: TRL <c>mask_truncated_completions</c>; DAPO, arXiv 2503.14476, section 3.4.</para>
    /// </remarks>
    public bool MaskTruncatedCompletions { get; set; }

    internal double ResolvedEpsilonHigh => EpsilonHigh ?? EpsilonLow;

    /// <summary>The numbers of the loss, none of them null.</summary>
    internal ObjectiveSettings ToObjective() => new()
    {
        LossType = Type,
        EpsilonLow = EpsilonLow,
        EpsilonHigh = ResolvedEpsilonHigh,
        Beta = Beta,
        BiasCorrectedKl = BiasCorrectedKl ?? true,
    };

    internal LossOptions Snapshot() => (LossOptions)MemberwiseClone();
}
