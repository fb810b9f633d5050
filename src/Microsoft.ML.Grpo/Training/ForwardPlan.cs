using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>Where the loss has the old log-probs from: those at the weights that sampled.</summary>
internal enum OldSource
{
    /// <summary>They are the loss pass's own, without their gradient, at every visit.</summary>
    LossPass,

    /// <summary>The loss pass's own at the first visit of a row, kept for the later ones.</summary>
    FirstVisit,

    /// <summary>A scoring pass.</summary>
    ScoringPass,
}

/// <summary>When the IS ratio is computed.</summary>
internal enum RatioSource
{
    /// <summary>Never: there is no correction.</summary>
    None,

    /// <summary>In the loss at the first visit of a row, before the loss type is looked at, and kept for the later ones.</summary>
    FirstVisit,

    /// <summary>With the old log-probs, before the first visit.</summary>
    Precomputed,
}

/// <summary>What the forward plan depends on.</summary>
/// <param name="Schedule">How slices make up updates; evaluation is <c>Schedule(1, 1, 1)</c>.</param>
/// <param name="Correction">Whether the loss corrects for a sampler that differs from the trainer.</param>
/// <param name="ReferencePass">Whether the loss has a KL term.</param>
internal sealed record PlanRequest(Schedule Schedule, bool Correction, bool ReferencePass)
{
    /// <summary>What the options say of the route.</summary>
    public CorrectionRoute Route { get; init; } = CorrectionRoute.Auto;

    /// <summary>The head.</summary>
    public LogProbHead Head { get; init; } = LogProbHead.Tiled;

    /// <summary>What the loss asks for.</summary>
    public LossContract Contract { get; init; } = LossContract.AnyRoute;

    /// <summary>Whether the sampler says how likely its tokens were.</summary>
    public bool SamplerLogProbs { get; init; } = true;

    /// <summary>Whether the policy term is about the tokens of highest entropy only.</summary>
    public bool EntropyCut { get; init; }
}

/// <summary>
/// Which passes run besides the loss pass. One rule: a forward pass whose result is already there is not run.
/// </summary>
/// <param name="ScoringPass">Whether each rollout gets an extra pass of the policy, without gradients, for the old log-probs.</param>
/// <param name="ReferencePass">Whether each rollout gets a pass of the reference policy, without gradients.</param>
/// <param name="Old">Where the loss has the old log-probs from.</param>
/// <param name="Ratio">When the IS ratio is computed.</param>
/// <param name="Description">The plan and its reasons, in words, for the log.</param>
internal sealed record ForwardPlan(bool ScoringPass, bool ReferencePass, OldSource Old, RatioSource Ratio, string Description)
{
    /// <summary>Decides.</summary>
    /// <exception cref="ArgumentException">The route cannot be taken, or there is nothing to correct from; the message says why and what to do.</exception>
    internal static ForwardPlan For(PlanRequest request)
    {
        Check(request);
        var scoring = !request.Schedule.Aligned
            || request.Contract == LossContract.PrecomputedOld
            || (request.Correction && request.Route == CorrectionRoute.Precompute);
        var old = scoring ? OldSource.ScoringPass : request.Correction ? OldSource.FirstVisit : OldSource.LossPass;
        var ratio = !request.Correction ? RatioSource.None : scoring ? RatioSource.Precomputed : RatioSource.FirstVisit;
        return new(scoring, request.ReferencePass, old, ratio, Describe(request, scoring));
    }

    private static void Check(PlanRequest request)
    {
        if (request.Correction && !request.SamplerLogProbs)
        {
            throw new ArgumentException(
                "The correction needs the sampler's log-probs, and this rollout engine gives none. Set ImportanceSampling.Mode = Off, or use an engine that gives them.", nameof(request));
        }

        if (!request.Correction || request.Route != CorrectionRoute.Inline)
        {
            return;
        }

        if (!request.Schedule.Aligned)
        {
            throw new ArgumentException(
                $"ImportanceSampling.Route is Inline, but the schedule is not aligned ({Counts(request.Schedule)}): the weights change before a rollout is used up, so a later loss pass no longer gives the log-probs of the weights that sampled. Set ImportanceSampling.Route = Auto, or make the schedule aligned.", nameof(request));
        }

        if (request.Contract == LossContract.PrecomputedOld)
        {
            throw new ArgumentException(
                "ImportanceSampling.Route is Inline, but the custom loss asks for old log-probs of a pass of their own (LossContract.PrecomputedOld). Set ImportanceSampling.Route = Auto, or make the loss one for any route.", nameof(request));
        }
    }

    private static string Describe(PlanRequest request, bool scoring)
    {
        var chunks = request.Head == LogProbHead.Tiled ? ", in tiles, no logits kept" : "";
        var pass = (request.Schedule.Aligned, request.Contract, scoring) switch
        {
            (false, _, _) => $"One scoring pass a rollout{chunks}: the schedule is not aligned ({Counts(request.Schedule)}), so the weights change before the rollout is used up and the old log-probs must be kept.",
            (_, LossContract.PrecomputedOld, _) => $"One scoring pass a rollout{chunks}: the custom loss asks for old log-probs of a pass of their own.",
            (_, _, true) => $"One scoring pass a rollout{chunks}: ImportanceSampling.Route is Precompute. The schedule is aligned ({Counts(request.Schedule)}), so the loss pass would have given the same.",
            _ => $"No scoring pass: the schedule is aligned ({Counts(request.Schedule)}), so the weights of the loss pass are those that sampled and its log-probs are the old ones.",
        };
        var correction = !request.Correction ? "No correction for the sampler."
            : scoring ? "The IS ratio is computed with the old log-probs, before the first update."
            : "The IS ratio is computed in the loss pass, from its own log-probs and the sampler's, at the first visit of a row, and kept for later visits.";
        var reference = request.ReferencePass
            ? "One pass of the reference policy a rollout, for the KL term."
            : "No reference pass: beta is 0.";
        var entropy = request.EntropyCut ? " A slice that does not fit one micro-batch gets a further pass for its entropies, whose quantile has to be known before the first loss." : "";
        return $"{pass} {correction} {reference}{entropy}";
    }

    private static string Counts(Schedule schedule) =>
        string.Create(CultureInfo.InvariantCulture, $"slices an update {schedule.Accumulation}, slices a rollout {schedule.SlicesPerRollout}, walks over it {schedule.Iterations}");
}
