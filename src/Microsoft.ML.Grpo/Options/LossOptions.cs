namespace Microsoft.ML.Grpo;

/// <summary>What the policy minimises.</summary>
public sealed class LossOptions
{
    private const double DefaultGreatestWeight = 5; // of Cispo; the reference would take epsilon, which leaves every token a fifth of its weight

    /// <summary>What each token adds to the loss, and how these terms become one number.</summary>
    /// <value>Default: <c>Dapo</c>. Range: a member of <see cref="LossType"/>.</value>
    /// <remarks>
    /// With <c>Dapo</c> each token weighs the same, whatever the length of its completion.
    /// <para>Source: TRL <c>loss_type</c>; DAPO, arXiv 2503.14476.</para>
    /// </remarks>
    public LossType Type { get; set; } = LossType.Dapo;

    /// <summary>A loss from outside, in place of <see cref="Type"/>.</summary>
    /// <value>Default: <c>null</c> (<see cref="Type"/> decides). Range: what <see cref="PolicyLoss.Custom"/> makes.</value>
    /// <remarks>
    /// The built-in losses are the published ones; this is for trying one that is not.
    /// <para>Refused: together with another <see cref="Type"/> than the default.</para>
    /// <para>Source: our own.</para>
    /// </remarks>
    public PolicyLoss? Custom { get; set; }

    /// <summary>What the policy ratio is taken over.</summary>
    /// <value>Default: <c>Token</c>. Range: a member of <see cref="Grpo.RatioLevel"/>.</value>
    /// <remarks>
    /// <c>Sequence</c> with the type <c>Grpo</c> is GSPO. Types that sum over tokens then weigh each completion by its length, and <c>Vespo</c> makes a ratio of completions by itself: both are warned of, as is <c>Luspo</c> with <c>Token</c>.
    /// <para>Source: TRL <c>importance_sampling_level</c>; GSPO, arXiv 2507.18071.</para>
    /// </remarks>
    public RatioLevel RatioLevel { get; set; } = RatioLevel.Token;

    /// <summary>How far below 1 the policy ratio counts: the clip's lower bound is 1 less this.</summary>
    /// <value>Default: <c>0.2</c>. Range: above 0, at most 1.</value>
    /// <remarks>
    /// The usual width of PPO's clip.
    /// <para>Ignored: on an aligned schedule (the default), where the ratio is 1 at every update; changed there, it is warned of.</para>
    /// <para>Refused: changed for losses that are not clipped (<c>Cispo</c>, <c>Sapo</c>, <c>Vespo</c>, a <see cref="Custom"/> one).</para>
    /// <para>Source: TRL <c>epsilon</c>; PPO, arXiv 1707.06347.</para>
    /// </remarks>
    public double EpsilonLow { get; set; } = 0.2;

    /// <summary>How far above 1 the policy ratio counts: the clip's upper bound is 1 plus this. To <c>Cispo</c> it is the greatest weight itself.</summary>
    /// <value>Default: <c>null</c> (as <see cref="EpsilonLow"/>; 5 for <c>Cispo</c>). Range: above 0; for <c>Cispo</c> it should be above 1, else it is warned of.</value>
    /// <remarks>
    /// DAPO's paper uses 0.28, which lets unlikely tokens grow faster.
    /// <para>Ignored: on an aligned schedule (the default), where the ratio is 1 at every update; set there, it is warned of, but for <c>Cispo</c>.</para>
    /// <para>Refused: for losses that do not read it (<c>Sapo</c>, <c>Vespo</c>, a <see cref="Custom"/> one).</para>
    /// <para>Source: TRL <c>epsilon_high</c>; DAPO, arXiv 2503.14476, section 3.1.</para>
    /// </remarks>
    public double? EpsilonHigh { get; set; }

    /// <summary>The greatest value of the policy ratio where the clip leaves it alone, which is where the advantage is negative.</summary>
    /// <value>Default: <c>null</c> (none). Range: above 0; it should be above 1 + <see cref="EpsilonHigh"/>, else it is warned of.</value>
    /// <remarks>
    /// Off, as in the reference; set, one token that grew much more likely cannot make the gradient explode.
    /// <para>Ignored: on an aligned schedule (the default), where the ratio is 1 at every update; set there, it is warned of.</para>
    /// <para>Refused: for losses that are not clipped (<c>Cispo</c>, <c>Sapo</c>, <c>Vespo</c>, a <see cref="Custom"/> one).</para>
    /// <para>Source: TRL <c>delta</c>; INTELLECT-2, arXiv 2505.07291.</para>
    /// </remarks>
    public double? Delta { get; set; }

    /// <summary>The numbers of SAPO.</summary>
    public SapoOptions Sapo { get; private set; } = new();

    /// <summary>The numbers of VESPO.</summary>
    public VespoOptions Vespo { get; private set; } = new();

    /// <summary>Leaves out of the policy term completions with a negative advantage whose tokens have become less likely, by more than this many nats in the mean, than they were to the sampler.</summary>
    /// <value>Default: <c>null</c> (off). Range: any number; below 0 is warned of.</value>
    /// <remarks>
    /// Off, as in the reference.
    /// <para>Ignored: on an aligned schedule (the default) while completions are sampled in process, where nothing drifts; set there, it is warned of.</para>
    /// <para>Source: TRL <c>off_policy_mask_threshold</c>; DeepSeek-V3.2, arXiv 2512.02556.</para>
    /// </remarks>
    public double? OffPolicyMaskThreshold { get; set; }

    /// <summary>The share of a slice's tokens, those of the highest entropy, that the policy term keeps; the others still count where it divides by the number of tokens.</summary>
    /// <value>Default: <c>1</c> (all). Range: 0 to 1; 0 keeps those of the very highest.</value>
    /// <remarks>
    /// All, as in the reference; the paper uses 0.2.
    /// <para>Source: TRL <c>top_entropy_quantile</c>; "Beyond the 80/20 rule", arXiv 2506.01939.</para>
    /// </remarks>
    public double TopEntropyQuantile { get; set; } = 1;

    /// <summary>The entropy bonus.</summary>
    public EntropyOptions Entropy { get; private set; } = new();

    /// <summary>Weight of the divergence from the reference policy: the policy before training, unless <see cref="ReferenceOptions.SyncEverySteps"/> lets it follow; where an adapter is trained, the model without it.</summary>
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
    /// <para>Refused: another than the default with <see cref="RewardAggregation.NormalizeThenSum"/>, which divides by deviations of its own.</para>
    /// <para>Source: TRL <c>scale_rewards</c>.</para>
    /// </remarks>
    public ScaleRewards ScaleRewards { get; set; } = ScaleRewards.Group;

    /// <summary>How several rewards become one advantage.</summary>
    /// <value>Default: <c>SumThenNormalize</c>. Range: a member of <see cref="Grpo.RewardAggregation"/>.</value>
    /// <remarks>
    /// The sum is what is wanted, as it is weighted; normalising first is for rewards of unlike scale.
    /// <para>Source: TRL <c>multi_objective_aggregation</c>; GDPO, arXiv 2601.05242.</para>
    /// </remarks>
    public RewardAggregation RewardAggregation { get; set; } = RewardAggregation.SumThenNormalize;

    /// <summary>Leaves completions out of the loss that reached <see cref="GrpoOptions.MaxCompletionTokens"/>; their rewards still count in their group's mean.</summary>
    /// <value>Default: <c>false</c>. Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// Off, so that a policy learns to come to an end.
    /// <para>Source: TRL <c>mask_truncated_completions</c>; DAPO, arXiv 2503.14476, section 3.4.</para>
    /// </remarks>
    public bool MaskTruncatedCompletions { get; set; }

    /// <summary>Whether the loss is the clipped one, which reads both bounds and <see cref="Delta"/>.</summary>
    internal bool Clips => Custom is null && Type is (LossType.Dapo or LossType.Grpo or LossType.Bnpo or LossType.DrGrpo or LossType.Luspo);

    internal double ResolvedEpsilonHigh => EpsilonHigh ?? (Is(LossType.Cispo) ? DefaultGreatestWeight : EpsilonLow);

    /// <summary>Whether the loss is that built-in one.</summary>
    internal bool Is(LossType type) => Custom is null && Type == type;

    /// <summary>The numbers of the loss, none of them null that need not be.</summary>
    internal ObjectiveSettings ToObjective(CorrectionSettings correction) => new()
    {
        LossType = Type,
        CustomLoss = Custom,
        RatioLevel = RatioLevel,
        EpsilonLow = EpsilonLow,
        EpsilonHigh = ResolvedEpsilonHigh,
        Delta = Delta,
        SapoTemperaturePositive = Sapo.ResolvedTemperaturePositive,
        SapoTemperatureNegative = Sapo.ResolvedTemperatureNegative,
        VespoPositive = new(Vespo.ResolvedKPositive, Vespo.ResolvedLambdaPositive),
        VespoNegative = new(Vespo.ResolvedKNegative, Vespo.ResolvedLambdaNegative),
        OffPolicyMaskThreshold = OffPolicyMaskThreshold,
        TopEntropyQuantile = TopEntropyQuantile,
        EntropyBonus = Entropy.HasBonus,
        Beta = Beta,
        BiasCorrectedKl = BiasCorrectedKl ?? true,
        Correction = correction,
    };

    internal LossOptions Snapshot()
    {
        var copy = (LossOptions)MemberwiseClone();
        copy.Sapo = Sapo.Snapshot();
        copy.Vespo = Vespo.Snapshot();
        copy.Entropy = Entropy.Snapshot();
        return copy;
    }
}
