namespace Microsoft.ML.Grpo;

/// <summary>The numbers of <see cref="LossType.Sapo"/>.</summary>
public sealed class SapoOptions
{
    /// <summary>How fast the gate closes for completions with a positive advantage.</summary>
    /// <value>Default: <c>null</c> (1). Range: above 0.</value>
    /// <remarks>
    /// The paper's.
    /// <para>Refused: unless <see cref="LossOptions.Type"/> is <c>Sapo</c>.</para>
    /// <para>Source: TRL <c>sapo_temperature_pos</c>; SAPO, arXiv 2511.20347.</para>
    /// </remarks>
    public double? TemperaturePositive { get; set; }

    /// <summary>How fast the gate closes for the others.</summary>
    /// <value>Default: <c>null</c> (1.05). Range: above 0.</value>
    /// <remarks>
    /// A little faster: pushing tokens down spreads to all others, and is the less stable of the two.
    /// <para>Refused: unless <see cref="LossOptions.Type"/> is <c>Sapo</c>.</para>
    /// <para>Source: TRL <c>sapo_temperature_neg</c>; SAPO, arXiv 2511.20347.</para>
    /// </remarks>
    public double? TemperatureNegative { get; set; }

    internal SapoOptions Snapshot() => (SapoOptions)MemberwiseClone();
}
