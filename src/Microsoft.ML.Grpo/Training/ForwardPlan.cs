using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Which passes run besides the loss pass. One rule: a forward pass whose result is already there is not run.
/// </summary>
/// <param name="ScoringPass">Whether each rollout gets an extra pass of the policy, without gradients, for the old log-probs.</param>
/// <param name="ReferencePass">Whether each rollout gets a pass of the reference policy, without gradients.</param>
/// <param name="Description">The plan and its reasons, in words, for the log.</param>
internal sealed record ForwardPlan(bool ScoringPass, bool ReferencePass, string Description)
{
    /// <summary>Decides.</summary>
    /// <param name="schedule">How slices make up updates; evaluation is <c>Schedule(1, 1, 1)</c>.</param>
    /// <param name="correction">Whether the loss corrects for a sampler that differs from the trainer.</param>
    /// <param name="referencePass">Whether the loss has a KL term.</param>
    /// <exception cref="NotSupportedException">The correction is asked for.</exception>
    internal static ForwardPlan For(Schedule schedule, bool correction, bool referencePass)
    {
        if (correction)
        {
            throw new NotSupportedException(
                "The loss has no importance-sampling correction, so no forward plan leads to one. Sample in process, where sampler and trainer are the same, and leave the correction off.");
        }

        string counts = string.Create(CultureInfo.InvariantCulture, $"slices an update {schedule.Accumulation}, slices a rollout {schedule.SlicesPerRollout}, walks over it {schedule.Iterations}");
        string scoring = schedule.Aligned
            ? $"No scoring pass: the schedule is aligned ({counts}), so the weights of the loss pass are those that sampled and its log-probs are the old ones."
            : $"One scoring pass a rollout: the schedule is not aligned ({counts}), so the weights change before the rollout is used up and the old log-probs must be kept.";
        string reference = referencePass
            ? "One pass of the reference policy a rollout, for the KL term."
            : "No reference pass: beta is 0.";
        return new ForwardPlan(!schedule.Aligned, referencePass, $"{scoring} {reference}");
    }
}
