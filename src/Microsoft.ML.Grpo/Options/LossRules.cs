using static Microsoft.ML.Grpo.OptionRule;

namespace Microsoft.ML.Grpo;

/// <summary>The rules for what the policy minimises.</summary>
internal static class LossRules
{
    private const string AboveZero = "above 0 and finite";
    private static readonly LossOptions Defaults = new();

    public static IReadOnlyList<OptionRule> All { get; } =
    [
        Known("Loss.Type", o => o.Loss.Type),
        new("Loss.Custom", o => o.Loss.Custom is not null && o.Loss.Type != Defaults.Type, o => $"Loss.Custom is set and Loss.Type is {o.Loss.Type}, but a run has one loss: leave Loss.Type at {Defaults.Type}, or set Loss.Custom = null."),
        Known("Loss.RatioLevel", o => o.Loss.RatioLevel),

        // Clip
        Real("Loss.EpsilonLow", o => o.Loss.EpsilonLow, v => v is > 0 and <= 1, "above 0 and at most 1", "leave it at 0.2"),
        Real("Loss.EpsilonHigh", o => o.Loss.EpsilonHigh, v => v > 0, AboveZero, "leave it null for the value of EpsilonLow"),
        Real("Loss.Delta", o => o.Loss.Delta, v => v > 0, AboveZero, "leave it null for none"),
        NoEffect("Loss.EpsilonLow", o => Changed(o.Loss.EpsilonLow, Defaults.EpsilonLow), o => Unless(o.Loss.Clips, o, "Loss.Type to one that clips, such as Dapo"), Text($"{Defaults.EpsilonLow}")),
        NoEffect("Loss.EpsilonHigh", o => o.Loss.EpsilonHigh, o => Unless(o.Loss.Clips || o.Loss.Is(LossType.Cispo), o, "Loss.Type to one that reads it, such as Dapo or Cispo")),
        NoEffect("Loss.Delta", o => o.Loss.Delta, o => Unless(o.Loss.Clips, o, "Loss.Type to one that clips, such as Dapo")),

        // Numbers of one loss
        .. NumberOf(LossType.Sapo, "TemperaturePositive", o => o.Loss.Sapo.TemperaturePositive, v => v > 0, AboveZero, Defaults.Sapo.ResolvedTemperaturePositive),
        .. NumberOf(LossType.Sapo, "TemperatureNegative", o => o.Loss.Sapo.TemperatureNegative, v => v > 0, AboveZero, Defaults.Sapo.ResolvedTemperatureNegative),
        .. NumberOf(LossType.Vespo, "KPositive", o => o.Loss.Vespo.KPositive, _ => true, "finite", Defaults.Vespo.ResolvedKPositive),
        .. NumberOf(LossType.Vespo, "LambdaPositive", o => o.Loss.Vespo.LambdaPositive, _ => true, "finite", Defaults.Vespo.ResolvedLambdaPositive),
        .. NumberOf(LossType.Vespo, "KNegative", o => o.Loss.Vespo.KNegative, _ => true, "finite", Defaults.Vespo.ResolvedKNegative),
        .. NumberOf(LossType.Vespo, "LambdaNegative", o => o.Loss.Vespo.LambdaNegative, _ => true, "finite", Defaults.Vespo.ResolvedLambdaNegative),

        // Which tokens count
        Real("Loss.OffPolicyMaskThreshold", o => o.Loss.OffPolicyMaskThreshold, _ => true, "finite", "leave it null for off"),
        Real("Loss.TopEntropyQuantile", o => o.Loss.TopEntropyQuantile, v => v is >= 0 and <= 1, "from 0 to 1", "leave it at 1 for all tokens"),

        // Entropy bonus
        Real("Loss.Entropy.Coefficient", o => o.Loss.Entropy.Coefficient, v => v >= 0, "0 or more and finite", "leave it at 0 for no bonus"),
        .. OfAdaptive("Target", o => o.Loss.Entropy.Target, v => v >= 0, "0 or more and finite", Defaults.Entropy.ResolvedTarget),
        .. OfAdaptive("Delta", o => o.Loss.Entropy.Delta, v => v > 0, AboveZero, Defaults.Entropy.ResolvedDelta),
        .. OfAdaptive("Minimum", o => o.Loss.Entropy.Minimum, v => v >= 0, "0 or more and finite", Defaults.Entropy.ResolvedMinimum),
        .. OfAdaptive("Maximum", o => o.Loss.Entropy.Maximum, v => v >= 0, "0 or more and finite", Defaults.Entropy.ResolvedMaximum),
        new("Loss.Entropy.Maximum", o => o.Loss.Entropy.Adaptive && o.Loss.Entropy.ResolvedMaximum < o.Loss.Entropy.ResolvedMinimum, o => Text($"Loss.Entropy.Maximum is {o.Loss.Entropy.ResolvedMaximum}, but must be Loss.Entropy.Minimum, which is {o.Loss.Entropy.ResolvedMinimum}, or more: raise it, or lower Loss.Entropy.Minimum.")),
        new("Loss.Entropy.Coefficient", o => o.Loss.Entropy.Adaptive && o.Loss.Entropy.Coefficient > o.Loss.Entropy.ResolvedMaximum, o => Text($"Loss.Entropy.Coefficient is {o.Loss.Entropy.Coefficient}, but must not start above Loss.Entropy.Maximum, which is {o.Loss.Entropy.ResolvedMaximum}: lower it, or raise Loss.Entropy.Maximum.")),

        // Divergence
        Real("Loss.Beta", o => o.Loss.Beta, v => v >= 0, "0 or more and finite", "leave it at 0 for no reference policy"),
        NoEffect("Loss.BiasCorrectedKl", o => o.Loss.BiasCorrectedKl, WithoutBeta),
        AtLeast("Reference.SyncEverySteps", o => o.Reference.SyncEverySteps, 1, "leave it null for a reference that stays as it is"),
        NoEffect("Reference.SyncEverySteps", o => o.Reference.SyncEverySteps, WithoutBeta),
        NoEffect("Reference.SyncEverySteps", o => o.Reference.SyncEverySteps, o => o.Reference.SyncEverySteps > o.Steps && o.Steps > 0 ? Text($"in a run of {o.Steps} steps: make it smaller") : null),
        new("Reference.SyncEverySteps", o => o.Reference.SyncEverySteps is not null && o.Lora is not null, o => Text($"Reference.SyncEverySteps is {o.Reference.SyncEverySteps}, but with Lora the reference is the model without its adapters, into which nothing can be mixed: set Reference.SyncEverySteps = null, or Lora = null.")),
        Real("Reference.SyncMix", o => o.Reference.SyncMix, v => v is > 0 and <= 1, "above 0 and at most 1", Text($"leave it null for {new ReferenceOptions().ResolvedSyncMix}")),
        NoEffect("Reference.SyncMix", o => o.Reference.SyncMix, o => o.Reference.SyncEverySteps is null ? "while Reference.SyncEverySteps is null: set Reference.SyncEverySteps" : null),

        // Advantages
        Known("Loss.ScaleRewards", o => o.Loss.ScaleRewards),
        Known("Loss.RewardAggregation", o => o.Loss.RewardAggregation),
        NoEffect("Loss.ScaleRewards", o => Changed(o.Loss.ScaleRewards, Defaults.ScaleRewards), o => o.Loss.RewardAggregation == RewardAggregation.NormalizeThenSum ? "while Loss.RewardAggregation is NormalizeThenSum, which divides by deviations of its own: set Loss.RewardAggregation = SumThenNormalize" : null, $"{Defaults.ScaleRewards}"),
    ];

    private static OptionRule[] NumberOf(LossType type, string name, Func<GrpoOptions, double?> read, Func<double, bool> inRange, string range, double usual) =>
    [
        Real($"Loss.{type}.{name}", read, inRange, range, Text($"leave it null for {usual}")),
        NoEffect($"Loss.{type}.{name}", o => read(o), o => Unless(o.Loss.Is(type), o, $"Loss.Type = {type}")),
    ];

    private static OptionRule[] OfAdaptive(string name, Func<GrpoOptions, double?> read, Func<double, bool> inRange, string range, double usual) =>
    [
        Real($"Loss.Entropy.{name}", read, inRange, range, Text($"leave it null for {usual}")),
        NoEffect($"Loss.Entropy.{name}", o => read(o), o => o.Loss.Entropy.Adaptive ? null : "while Loss.Entropy.Adaptive is false: set Loss.Entropy.Adaptive = true"),
    ];

    private static string? WithoutBeta(GrpoOptions o) => o.Loss.Beta == 0 ? "while Loss.Beta is 0: set Loss.Beta above 0" : null;

    private static string? Unless(bool read, GrpoOptions o, string remedy) =>
        read ? null
        : o.Loss.Custom is not null ? $"while Loss.Custom is set: set Loss.Custom = null and {remedy}"
        : $"while Loss.Type is {o.Loss.Type}: set {remedy}";
}
