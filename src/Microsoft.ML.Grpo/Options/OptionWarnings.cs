using static Microsoft.ML.Grpo.OptionRule;

namespace Microsoft.ML.Grpo;

/// <summary>What options allow but a user should hear of once, when the run starts. Rules that need the model are the trainer's.</summary>
internal static class OptionWarnings
{
    private static readonly LossOptions Defaults = new();

    public static IReadOnlyList<OptionRule> All { get; } =
    [
        new("Sampling", o => Truncations(o.Sampling).Length > 0, o => $"{Truncations(o.Sampling)} samples from a part of the distribution while the loss sees the whole of it, so the policy learns from a biased sample: leave it null unless you mean it."),
        new("Optimizer.LearningRate", o => o.Optimizer.LearningRate == 0, _ => "Optimizer.LearningRate is 0: the run samples and scores, but trains nothing."),

        // The level of the ratio
        new("Loss.RatioLevel", o => o.Loss.Is(LossType.Luspo) && o.Loss.RatioLevel != RatioLevel.Sequence, o => $"Loss.RatioLevel is {o.Loss.RatioLevel}, but Luspo is meant for the ratio of a completion: set Loss.RatioLevel = Sequence."),
        new("Loss.RatioLevel", o => o.Loss.Is(LossType.Vespo) && o.Loss.RatioLevel == RatioLevel.Sequence, _ => "Loss.RatioLevel is Sequence, but Vespo makes the weight of a completion from the ratios of its tokens by itself: leave Loss.RatioLevel at Token."),
        new("Loss.RatioLevel", o => SumsTokens(o.Loss) && o.Loss.RatioLevel == RatioLevel.Sequence, o => $"Loss.RatioLevel is Sequence, but {o.Loss.Type} sums over tokens, so each completion weighs by its length: set Loss.Type = Grpo, which is GSPO."),

        // Bounds
        new("Loss.EpsilonHigh", o => o.Loss.Is(LossType.Cispo) && o.Loss.ResolvedEpsilonHigh <= 1, o => Text($"Loss.EpsilonHigh is {o.Loss.ResolvedEpsilonHigh}, which to Cispo is the greatest weight of a token, not a distance from 1, so even tokens that have not drifted are held to it: set Loss.EpsilonHigh above 1; 5 is usual.")),
        new("Loss.Delta", o => o.Loss.Delta <= 1 + o.Loss.ResolvedEpsilonHigh, o => Text($"Loss.Delta is {o.Loss.Delta}, which is not above 1 + Loss.EpsilonHigh ({1 + o.Loss.ResolvedEpsilonHigh}), so it also bounds ratios that the clip allows: raise it.")),
        new("Loss.OffPolicyMaskThreshold", o => o.Loss.OffPolicyMaskThreshold < 0, o => Text($"Loss.OffPolicyMaskThreshold is {o.Loss.OffPolicyMaskThreshold}: below 0 it leaves out completions that have not drifted at all. Set it above 0.")),

        // What cannot act, or acts on the wrong thing
        new("Loss.EpsilonLow", o => RatioIsOne(o) && ActAwayFromOne(o).Length > 0, o => $"{ActAwayFromOne(o)} has no effect: the weights do not change while a rollout is in use, so the policy ratio is 1 at every update. {ToMakeItAct(o)} if it is to act."),
        new("Lora.Dropout", o => o.ResolvedDropout > 0 && o.ResolveCorrection().IsOn, o => Text($"{(o.Lora is null ? "The dropout of InitialPolicy's adapter" : "Lora.Dropout")} is {o.ResolvedDropout} and ImportanceSampling.Mode is {o.ResolveCorrection().Mode}: sampling has no dropout, so the IS ratio measures it too. {(o.Lora is null ? "Go on from a policy without dropout" : "Set Lora.Dropout = 0")}, or set ImportanceSampling.Mode = Off.")),

        // What an earlier policy was trained with and these options leave at their defaults
        new("SystemPrompt", o => o is { SystemPrompt: null, PromptFormat: PromptFormat.Auto } && o.InitialPolicy?.Generation is { SystemPrompt: not null }, o => $"SystemPrompt is null, but InitialPolicy has \"{o.InitialPolicy!.Generation!.SystemPrompt}\", which is not taken over: set SystemPrompt to that text, unless you mean none."),
        new("PromptFormat", o => o.PromptFormat == PromptFormat.Auto && o.InitialPolicy?.Generation is { PromptFormat: PromptFormat.Raw }, _ => "PromptFormat is Auto, but that of InitialPolicy is Raw, which is not taken over: set PromptFormat = Raw, unless you mean a chat template."),
        new("Sampling.StopTokenIds", o => o.Sampling.StopTokenIds.Count == 0 && o.InitialPolicy?.Generation is { StopTokenIds.Count: > 0 }, o => $"Sampling.StopTokenIds is empty, but InitialPolicy has {string.Join(", ", o.InitialPolicy!.Generation!.StopTokenIds)}, which are not taken over: set Sampling.StopTokenIds to them, unless you mean the model's own."),
        new("Execution.Precision", o => o.Execution.Precision == Precision.Float32 && o.InitialPolicy?.Generation is { Precision: Precision.Float64 }, _ => "Execution.Precision is Float32, but that of InitialPolicy is Float64, which is not taken over, so its weights are rounded: set Execution.Precision = Float64, unless you mean it."),
        new("Execution.ComputeType", o => o.Execution.ComputeType == ComputeType.Float32 && o.InitialPolicy?.Generation is { ComputeType: ComputeType.BFloat16 }, _ => "Execution.ComputeType is Float32, but that of InitialPolicy is BFloat16, which is not taken over: set Execution.ComputeType = BFloat16, unless you mean it."),
    ];

    /// <summary>The warnings for options that break no rule.</summary>
    public static IReadOnlyList<string> For(GrpoOptions options) =>
        [.. All.Where(rule => rule.IsBroken(options)).Select(rule => rule.Message(options))];

    private static bool SumsTokens(LossOptions loss) =>
        loss.Is(LossType.Bnpo) || loss.Is(LossType.DrGrpo) || loss.Is(LossType.Dapo) || loss.Is(LossType.Cispo);

    /// <summary>
    /// Whether the loss compares the policy with itself. With a correction, dropout makes a second walk over a rollout, or a scoring pass
    /// before the first, differ though the weights do not; without one, each visit's own log-probs are the old ones.
    /// </summary>
    private static bool RatioIsOne(GrpoOptions o)
    {
        Schedule schedule = o.ResolveSchedule();
        bool otherPass = o.ResolveCorrection().IsOn && (schedule.Iterations > 1 || o.ImportanceSampling.Route == CorrectionRoute.Precompute);
        return schedule.Aligned && !(otherPass && o.ResolvedDropout > 0);
    }

    /// <summary>The remedy that the form of the schedule allows.</summary>
    private static string ToMakeItAct(GrpoOptions o) =>
        o.AdvancedSchedule is not null ? "Make AdvancedSchedule.Accumulation no multiple of SlicesPerRollout × Iterations"
        : o.RolloutsPerStep > 1 ? "Set RolloutsPerStep = null, and StepsPerRollout or IterationsPerRollout above 1,"
        : "Raise StepsPerRollout or IterationsPerRollout";

    private static bool VespoIsSet(VespoOptions vespo) => (vespo.KPositive ?? vespo.LambdaPositive ?? vespo.KNegative ?? vespo.LambdaNegative) is not null;

    /// <summary>The options that were set and act only where the policy ratio is not 1. Cispo's bound is not among them: below 1 it always acts, and it has to be set.</summary>
    private static string ActAwayFromOne(GrpoOptions o) => Those(
        o.Loss.EpsilonLow == Defaults.EpsilonLow ? null : Text($"Loss.EpsilonLow = {o.Loss.EpsilonLow}"),
        o.Loss.Clips && o.Loss.EpsilonHigh is { } high ? Text($"Loss.EpsilonHigh = {high}") : null,
        o.Loss.Delta >= 1 ? Text($"Loss.Delta = {o.Loss.Delta}") : null,
        o.Loss.Sapo.TemperaturePositive is { } positive ? Text($"Loss.Sapo.TemperaturePositive = {positive}") : null,
        o.Loss.Sapo.TemperatureNegative is { } negative ? Text($"Loss.Sapo.TemperatureNegative = {negative}") : null,
        o.ResolveCorrection().IsOn || !VespoIsSet(o.Loss.Vespo) ? null : "Loss.Vespo",
        o.Loss.OffPolicyMaskThreshold >= 0 && o is { RolloutEngine: null, ResolvedDropout: 0 } ? Text($"Loss.OffPolicyMaskThreshold = {o.Loss.OffPolicyMaskThreshold}") : null);
}
