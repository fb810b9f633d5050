using static Microsoft.ML.Grpo.OptionRule;

namespace Microsoft.ML.Grpo;

/// <summary>The rules for the correction of what the sampler does differently from the trainer.</summary>
internal static class CorrectionRules
{
    private static readonly ImportanceSamplingOptions Defaults = new();

    public static IReadOnlyList<OptionRule> All { get; } =
    [
        // Bounds
        Known("ImportanceSampling.Mode", o => o.ImportanceSampling.Mode ?? CorrectionMode.Off),
        Real("ImportanceSampling.MinRatio", o => o.ImportanceSampling.MinRatio, v => v >= 0, "0 or more and finite", "leave it null for no bound"),
        Real("ImportanceSampling.MaxRatio", o => o.ImportanceSampling.MaxRatio, v => v > 0, "above 0 and finite", "leave it at 2, or null for no bound"),
        new("ImportanceSampling.MinRatio", o => o.ImportanceSampling.MinRatio >= o.ImportanceSampling.MaxRatio, o => Text($"ImportanceSampling.MinRatio is {o.ImportanceSampling.MinRatio} and ImportanceSampling.MaxRatio is {o.ImportanceSampling.MaxRatio}, but the smallest ratio must be below the largest: move them apart, or set either to null.")),
        new("ImportanceSampling.MaxRatio", o => o.ResolveCorrection() is { MinRatio: null, MaxRatio: null, Mode: CorrectionMode.TokenTruncate or CorrectionMode.SequenceTruncate }, o => $"ImportanceSampling.MinRatio and ImportanceSampling.MaxRatio are null, but {o.ResolveCorrection().Mode} moves ratios to the nearer bound: set at least one, such as ImportanceSampling.MaxRatio = 2."),

        // Options without a correction
        NoEffect("ImportanceSampling.MinRatio", o => o.ImportanceSampling.MinRatio, WithoutCorrection),
        NoEffect("ImportanceSampling.MaxRatio", o => Changed(o.ImportanceSampling.MaxRatio, Defaults.MaxRatio), WithoutCorrection, Text($"{Defaults.MaxRatio}")),
        NoEffect("ImportanceSampling.Route", o => Changed(o.ImportanceSampling.Route, Defaults.Route), WithoutCorrection, $"{Defaults.Route}"),

        // A correction that cannot be
        new("ImportanceSampling.Mode", o => Corrects(o) && o.RolloutEngine is { GivesLogProbs: false }, o => $"ImportanceSampling.Mode is {o.ResolveCorrection().Mode}, but RolloutEngine is a {o.RolloutEngine!.GetType().Name}, which does not give the log-probs that it samples with: use an engine that does, or set ImportanceSampling.Mode = Off."),
        new("ImportanceSampling.Mode", o => Corrects(o) && Truncations(o.Sampling).Length > 0, o => $"ImportanceSampling.Mode is {o.ResolveCorrection().Mode}, which compares probabilities of the whole distribution, but {Truncations(o.Sampling)} samples from a part of it: leave it null, or set ImportanceSampling.Mode = Off."),
        new("ImportanceSampling.Mode", o => o.ResolveCorrection().OfSequences && o.Loss.Is(LossType.Vespo), o => $"ImportanceSampling.Mode is {o.ImportanceSampling.Mode} and Loss.Type is Vespo, but Vespo takes the ratios of tokens into the weight of a completion: set ImportanceSampling.Mode to TokenTruncate or TokenMask, or use another Loss.Type."),

        // Routes
        Known("ImportanceSampling.Route", o => o.ImportanceSampling.Route),
        new("ImportanceSampling.Route", o => Inline(o) && o.TryResolveSchedule() is { Aligned: false }, o => Misaligned(o.ResolveSchedule())),
        new("ImportanceSampling.Route", o => Inline(o) && o.Loss.Custom is { Contract: LossContract.PrecomputedOld }, _ => "ImportanceSampling.Route is Inline, but Loss.Custom asks for old log-probs of a pass of their own (LossContract.PrecomputedOld): leave ImportanceSampling.Route at Auto."),
    ];

    private static bool Corrects(GrpoOptions o) => o.ResolveCorrection().IsOn;

    private static bool Inline(GrpoOptions o) => Corrects(o) && o.ImportanceSampling.Route == CorrectionRoute.Inline;

    private static string? WithoutCorrection(GrpoOptions o) =>
        Corrects(o) ? null
        : o.ImportanceSampling.Mode is null ? "while completions are sampled in process and ImportanceSampling.Mode is null: set ImportanceSampling.Mode"
        : "while ImportanceSampling.Mode is Off: set ImportanceSampling.Mode to another";

    private static string Misaligned(Schedule s) => Text(
        $"ImportanceSampling.Route is Inline, but the weights change while a rollout is in use: an update takes {s.Accumulation} of the {s.SlicesBetweenRollouts} slices (SlicesPerRollout {s.SlicesPerRollout} × Iterations {s.Iterations}) between rollouts, which must divide it. Leave ImportanceSampling.Route at Auto, or leave StepsPerRollout and IterationsPerRollout null, or make AdvancedSchedule.Accumulation a multiple of {s.SlicesBetweenRollouts}.");
}
