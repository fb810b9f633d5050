namespace Microsoft.ML.Grpo;

/// <summary>The numbers of <see cref="LossType.Sapo"/>.</summary>
public sealed class SapoOptions
{
    /// <summary>How fast the gate closes for completions with a positive advantage.</summary>
    /// <value>Default: <c>null</c> (1). Range: above 0.</value>
    /// <remarks>
    /// The paper's.
    /// <para>Ignored: on an aligned schedule (the default), where the ratio is 1 at every update and the slope of the gate the same at any temperature; set there, it is warned of.</para>
    /// <para>Refused: unless <see cref="LossOptions.Type"/> is <c>Sapo</c>.</para>
    /// <para>Source: TRL <c>sapo_temperature_pos</c>; SAPO, arXiv 2511.20347.</para>
    /// </remarks>
    public double? TemperaturePositive { get; set; }

    /// <summary>How fast the gate closes for the others.</summary>
    /// <value>Default: <c>null</c> (1.05). Range: above 0.</value>
    /// <remarks>
    /// A little faster: pushing tokens down spreads to all others, and is the less stable of the two.
    /// <para>Ignored: on an aligned schedule (the default), where the ratio is 1 at every update and the slope of the gate the same at any temperature; set there, it is warned of.</para>
    /// <para>Refused: unless <see cref="LossOptions.Type"/> is <c>Sapo</c>.</para>
    /// <para>Source: TRL <c>sapo_temperature_neg</c>; SAPO, arXiv 2511.20347.</para>
    /// </remarks>
    public double? TemperatureNegative { get; set; }

    internal double ResolvedTemperaturePositive => TemperaturePositive ?? 1;

    internal double ResolvedTemperatureNegative => TemperatureNegative ?? 1.05;

    internal SapoOptions Snapshot() => (SapoOptions)MemberwiseClone();
}
