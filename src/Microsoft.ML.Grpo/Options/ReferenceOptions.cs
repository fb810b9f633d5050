namespace Microsoft.ML.Grpo;

/// <summary>The policy that <see cref="LossOptions.Beta"/> holds the trained one to: the one before training, or one that follows slowly; where an adapter is trained, the model without it.</summary>
public sealed class ReferenceOptions
{
    /// <summary>Steps from one mixing of the policy into the reference to the next.</summary>
    /// <value>Default: <c>null</c> (never: the reference stays the policy before training). Range: 1 to the number of steps.</value>
    /// <remarks>
    /// A fixed reference says what a run may forget; one that follows does not.
    /// <para>Refused: while <see cref="LossOptions.Beta"/> is 0; where an adapter is trained, since the reference is then the model without it.</para>
    /// <para>Source: TRL <c>sync_ref_model</c> and <c>ref_model_sync_steps</c>; TR-DPO, arXiv 2404.09656.</para>
    /// </remarks>
    public int? SyncEverySteps { get; set; }

    /// <summary>Share of the policy in the mixture: <c>reference = (1 − mix) · reference + mix · policy</c>.</summary>
    /// <value>Default: <c>null</c> (0.6). Range: above 0, at most 1.</value>
    /// <remarks>
    /// The reference implementation's, which syncs every 512 steps when it does.
    /// <para>Refused: unless <see cref="SyncEverySteps"/> is set.</para>
    /// <para>Source: TRL <c>ref_model_mixup_alpha</c>; TR-DPO, arXiv 2404.09656.</para>
    /// </remarks>
    public double? SyncMix { get; set; }

    internal double ResolvedSyncMix => SyncMix ?? 0.6;

    internal ReferenceOptions Snapshot() => (ReferenceOptions)MemberwiseClone();
}
