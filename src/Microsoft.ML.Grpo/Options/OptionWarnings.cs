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
        new("Loss.EpsilonLow", o => o.ResolveSchedule().Aligned && ClipIsSet(o.Loss), o => Text($"Loss.EpsilonLow is {o.Loss.EpsilonLow} and Loss.EpsilonHigh is {o.Loss.ResolvedEpsilonHigh}, but neither has an effect: the weights do not change while a rollout is in use, so the policy ratio is 1 at every update. Raise StepsPerRollout or IterationsPerRollout if the clip is to act.")),
    ];

    /// <summary>The warnings for options that break no rule.</summary>
    public static IReadOnlyList<string> For(GrpoOptions options) =>
        [.. All.Where(rule => rule.IsBroken(options)).Select(rule => rule.Message(options))];

    private static string Truncations(SamplingOptions sampling) => string.Join(", ", new[]
    {
        sampling.TopK is null ? null : Text($"Sampling.TopK = {sampling.TopK}"),
        sampling.TopP is null or 1 ? null : Text($"Sampling.TopP = {sampling.TopP}"),
        sampling.MinP is null or 0 ? null : Text($"Sampling.MinP = {sampling.MinP}"),
    }.OfType<string>());

    private static bool ClipIsSet(LossOptions loss) =>
        loss.EpsilonLow != Defaults.EpsilonLow || loss.ResolvedEpsilonHigh != Defaults.EpsilonLow;
}
