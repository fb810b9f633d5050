namespace Microsoft.ML.Grpo;

/// <summary>Rewards the policy for entropy, so that it goes on exploring.</summary>
public sealed class EntropyOptions
{
    /// <summary>What is taken off the loss for each nat of mean token entropy; where it starts when <see cref="Adaptive"/>.</summary>
    /// <value>Default: <c>0</c> (no bonus). Range: 0 or more, at most <see cref="Maximum"/> when <see cref="Adaptive"/>.</value>
    /// <remarks>
    /// A bonus pays for randomness whether it helps or not.
    /// <para>Source: TRL <c>entropy_coef</c>.</para>
    /// </remarks>
    public double Coefficient { get; set; }

    /// <summary>Moves the coefficient at every update: up while the entropy is at or below <see cref="Target"/>, down while it is above, and applies it only while it is at or below.</summary>
    /// <value>Default: <c>false</c>. Range: <c>true</c> or <c>false</c>.</value>
    /// <remarks>
    /// Off, as the bonus is: a fixed one is simpler to judge.
    /// <para>Source: TRL <c>use_adaptive_entropy</c>; Skywork-OR1, arXiv 2505.22312.</para>
    /// </remarks>
    public bool Adaptive { get; set; }

    /// <summary>The entropy below which the bonus acts, in nats a token.</summary>
    /// <value>Default: <c>null</c> (0.2). Range: 0 or more.</value>
    /// <remarks>
    /// A collapsed policy is near 0.
    /// <para>Refused: unless <see cref="Adaptive"/>.</para>
    /// <para>Source: TRL <c>entropy_target</c>.</para>
    /// </remarks>
    public double? Target { get; set; }

    /// <summary>How far the coefficient moves at an update.</summary>
    /// <value>Default: <c>null</c> (0.005). Range: above 0.</value>
    /// <remarks>
    /// Slowly, since the entropy follows slowly.
    /// <para>Refused: unless <see cref="Adaptive"/>.</para>
    /// <para>Source: TRL <c>entropy_coef_delta</c>.</para>
    /// </remarks>
    public double? Delta { get; set; }

    /// <summary>The least coefficient.</summary>
    /// <value>Default: <c>null</c> (0). Range: 0 or more.</value>
    /// <remarks>
    /// At 0 the bonus can vanish.
    /// <para>Refused: unless <see cref="Adaptive"/>.</para>
    /// <para>Source: TRL <c>entropy_coef_min</c>.</para>
    /// </remarks>
    public double? Minimum { get; set; }

    /// <summary>The greatest coefficient.</summary>
    /// <value>Default: <c>null</c> (1). Range: <see cref="Minimum"/> or more.</value>
    /// <remarks>
    /// More than the policy term usually weighs.
    /// <para>Refused: unless <see cref="Adaptive"/>.</para>
    /// <para>Source: TRL <c>entropy_coef_max</c>.</para>
    /// </remarks>
    public double? Maximum { get; set; }

    internal bool HasBonus => Coefficient != 0 || Adaptive;

    internal double ResolvedTarget => Target ?? 0.2;

    internal double ResolvedDelta => Delta ?? 0.005;

    internal double ResolvedMinimum => Minimum ?? 0;

    internal double ResolvedMaximum => Maximum ?? 1;

    /// <summary>What steers the coefficient; null: there is no bonus.</summary>
    internal EntropyController? ToController() => HasBonus
        ? new(Coefficient, Adaptive ? new(ResolvedTarget, ResolvedDelta, ResolvedMinimum, ResolvedMaximum) : null)
        : null;

    internal EntropyOptions Snapshot() => (EntropyOptions)MemberwiseClone();
}
