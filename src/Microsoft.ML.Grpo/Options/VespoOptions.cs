namespace Microsoft.ML.Grpo;

/// <summary>The numbers of <see cref="LossType.Vespo"/>: the weight of a completion is <c>w^k exp(lambda (1 - w))</c>, w its ratio.</summary>
public sealed class VespoOptions
{
    /// <summary>k for completions with an advantage of 0 or more.</summary>
    /// <value>Default: <c>null</c> (2). Range: any number.</value>
    /// <remarks>
    /// The reference implementation's.
    /// <para>Ignored: on an aligned schedule (the default) without a correction, where the ratio and with it the weight is 1 at every update; set there, it is warned of.</para>
    /// <para>Refused: unless <see cref="LossOptions.Type"/> is <c>Vespo</c>.</para>
    /// <para>Source: TRL <c>vespo_k_pos</c>; VESPO, arXiv 2602.10693.</para>
    /// </remarks>
    public double? KPositive { get; set; }

    /// <summary>lambda for completions with an advantage of 0 or more.</summary>
    /// <value>Default: <c>null</c> (3). Range: any number; below 1e-4 counts as 1e-4.</value>
    /// <remarks>
    /// The reference implementation's.
    /// <para>Ignored: on an aligned schedule (the default) without a correction, where the ratio and with it the weight is 1 at every update; set there, it is warned of.</para>
    /// <para>Refused: unless <see cref="LossOptions.Type"/> is <c>Vespo</c>.</para>
    /// <para>Source: TRL <c>vespo_lambda_pos</c>; VESPO, arXiv 2602.10693.</para>
    /// </remarks>
    public double? LambdaPositive { get; set; }

    /// <summary>k for the others.</summary>
    /// <value>Default: <c>null</c> (3). Range: any number.</value>
    /// <remarks>
    /// The reference implementation's.
    /// <para>Ignored: on an aligned schedule (the default) without a correction, where the ratio and with it the weight is 1 at every update; set there, it is warned of.</para>
    /// <para>Refused: unless <see cref="LossOptions.Type"/> is <c>Vespo</c>.</para>
    /// <para>Source: TRL <c>vespo_k_neg</c>; VESPO, arXiv 2602.10693.</para>
    /// </remarks>
    public double? KNegative { get; set; }

    /// <summary>lambda for the others.</summary>
    /// <value>Default: <c>null</c> (2). Range: any number; below 1e-4 counts as 1e-4.</value>
    /// <remarks>
    /// The reference implementation's.
    /// <para>Ignored: on an aligned schedule (the default) without a correction, where the ratio and with it the weight is 1 at every update; set there, it is warned of.</para>
    /// <para>Refused: unless <see cref="LossOptions.Type"/> is <c>Vespo</c>.</para>
    /// <para>Source: TRL <c>vespo_lambda_neg</c>; VESPO, arXiv 2602.10693.</para>
    /// </remarks>
    public double? LambdaNegative { get; set; }

    internal double ResolvedKPositive => KPositive ?? 2;

    internal double ResolvedLambdaPositive => LambdaPositive ?? 3;

    internal double ResolvedKNegative => KNegative ?? 3;

    internal double ResolvedLambdaNegative => LambdaNegative ?? 2;

    internal VespoOptions Snapshot() => (VespoOptions)MemberwiseClone();
}
