using static Microsoft.ML.Grpo.OptionRule;

namespace Microsoft.ML.Grpo;

/// <summary>What a run minimises, in words for its log: only what is on.</summary>
internal static class ObjectiveWords
{
    /// <summary>The loss, its masks and bonus, the KL term, the correction and the sampling, in the order of the options' guide.</summary>
    public static string Of(GrpoOptions options) => string.Join("; ", Parts(options).OfType<string>());

    private static IEnumerable<string?> Parts(GrpoOptions options)
    {
        var loss = options.Loss;
        var correction = options.ResolveCorrection();
        yield return loss.Custom is CustomLoss custom ? $"the custom loss \"{custom.Name}\"" : $"{loss.Type}";
        yield return loss.RatioLevel == RatioLevel.Sequence ? "one policy ratio a completion" : null;
        yield return loss.Clips ? Text($"policy ratio clipped to {1 - loss.EpsilonLow:0.###}..{1 + loss.ResolvedEpsilonHigh:0.###}") : null;
        yield return loss.Is(LossType.Cispo) ? Text($"weights up to {loss.ResolvedEpsilonHigh}") : null;
        yield return loss.Delta is { } delta ? Text($"ratio at most {delta}") : null;
        yield return loss.RewardAggregation == RewardAggregation.NormalizeThenSum ? "rewards normalised, then summed" : $"advantages scaled by {loss.ScaleRewards}";
        yield return loss.MaskTruncatedCompletions ? "cut completions masked" : null;
        yield return loss.OffPolicyMaskThreshold is { } threshold ? Text($"off-policy mask above {threshold}") : null;
        yield return loss.TopEntropyQuantile < 1 ? Text($"the {loss.TopEntropyQuantile:P0} of tokens of highest entropy") : null;
        yield return !loss.Entropy.HasBonus ? null : Text($"entropy bonus {loss.Entropy.Coefficient}{(loss.Entropy.Adaptive ? Text($", adapted to {loss.Entropy.ResolvedTarget}") : "")}");
        yield return loss.Beta == 0 ? null : Text($"KL {loss.Beta}");
        yield return correction.IsOn ? Text($"correction {correction.Mode} within {correction.MinRatio ?? 0}..{(correction.MaxRatio is { } max ? Text($"{max}") : "infinity")}") : null;
        yield return options.MinInformativeGroups is { } groups ? Text($"at least {groups} informative groups, {options.ResolvedMaxResampleRounds} further rounds at most") : null;
        yield return options.RolloutEngine is { } engine ? $"sampled by {engine.GetType().Name}" : null;
    }
}
