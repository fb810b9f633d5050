namespace Microsoft.ML.Grpo;

/// <summary>Corrects for a sampler whose probabilities differ from the trainer's at the same weights.</summary>
public sealed class ImportanceSamplingOptions
{
    /// <summary>Level of the correction, and what happens outside its bounds.</summary>
    /// <value>Default: <c>null</c> (<c>Off</c> in process, <c>TokenTruncate</c> with a <see cref="GrpoOptions.RolloutEngine"/>). Range: a member of <see cref="CorrectionMode"/>.</value>
    /// <remarks>
    /// In process sampler and trainer are the same; another engine rounds otherwise. The mismatch is measured in any case.
    /// <para>Refused: another than <c>Off</c> while <see cref="SamplingOptions.TopK"/>, <see cref="SamplingOptions.TopP"/> or <see cref="SamplingOptions.MinP"/> cuts the distribution, and with an engine that gives no log-probs; sequence modes with the loss <c>Vespo</c>.</para>
    /// <para>Source: TRL <c>vllm_importance_sampling_mode</c>, whose own default is <c>sequence_mask</c>: it throws long completions away.</para>
    /// </remarks>
    public CorrectionMode? Mode { get; set; }

    /// <summary>The smallest IS ratio.</summary>
    /// <value>Default: <c>null</c> (none). Range: 0 or more, below <see cref="MaxRatio"/>; inclusive.</value>
    /// <remarks>
    /// Small ratios do no harm: they only weigh little. Truncate modes move smaller ones up to it; mask modes leave those tokens or completions out.
    /// <para>Refused: while there is no correction.</para>
    /// <para>Source: TRL <c>vllm_importance_sampling_clip_min</c>.</para>
    /// </remarks>
    public double? MinRatio { get; set; }

    /// <summary>The largest IS ratio.</summary>
    /// <value>Default: <c>2</c>. Range: above 0; inclusive; <c>null</c> for no bound.</value>
    /// <remarks>
    /// A token that the sampler thought far less likely than the trainer would otherwise outweigh all others.
    /// <para>Refused: another than the default while there is no correction; <c>null</c> with a truncate mode while <see cref="MinRatio"/> is null too.</para>
    /// <para>Source: TRL <c>vllm_importance_sampling_clip_max</c>, whose own default is 3; truncated importance sampling, "Your efficient RL framework secretly brings you off-policy RL training", uses 2.</para>
    /// </remarks>
    public double? MaxRatio { get; set; } = 2;

    /// <summary>How the log-probs that the correction needs are come by.</summary>
    /// <value>Default: <c>Auto</c>. Range: a member of <see cref="CorrectionRoute"/>.</value>
    /// <remarks>
    /// A forward pass whose result is already there is not run.
    /// <para>Refused: <c>Inline</c> on a schedule that is not aligned, and with a loss of <see cref="LossContract.PrecomputedOld"/>; <c>Inline</c> and <c>Precompute</c> while there is no correction.</para>
    /// <para>Source: our own, after TRL pull request 5413.</para>
    /// </remarks>
    public CorrectionRoute Route { get; set; } = CorrectionRoute.Auto;

    internal ImportanceSamplingOptions Snapshot() => (ImportanceSamplingOptions)MemberwiseClone();
}
