using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>How the slices of rollouts make up updates. Everything is counted in slices: equal parts of a rollout.</summary>
/// <param name="Accumulation">Slices that an update takes; 1 or more.</param>
/// <param name="SlicesPerRollout">Slices that a rollout is cut into; 1 or more.</param>
/// <param name="Iterations">How many times a rollout is walked, in the same order; 1 or more. The paper's mu.</param>
internal sealed record Schedule(int Accumulation, int SlicesPerRollout, int Iterations)
{
    /// <summary>Slices that an update takes.</summary>
    public int Accumulation { get; } = AtLeastOne(Accumulation, nameof(Accumulation));

    /// <summary>Slices that a rollout is cut into.</summary>
    public int SlicesPerRollout { get; } = AtLeastOne(SlicesPerRollout, nameof(SlicesPerRollout));

    /// <summary>How many times a rollout is walked.</summary>
    public int Iterations { get; } = AtLeastOne(Iterations, nameof(Iterations));

    /// <summary>Slices that are trained on between one rollout and the next.</summary>
    public long SlicesBetweenRollouts => (long)SlicesPerRollout * Iterations;

    /// <summary>
    /// Whether a rollout is consumed, all its walks included, before the weights change. Then the current log-probs are
    /// those of the weights that sampled, and no pass need be run to get them.
    /// </summary>
    public bool Aligned => Accumulation % SlicesBetweenRollouts == 0;

    /// <summary>The share of its rollout, all walks of it, that is done after a visit: above 0, at most 1.</summary>
    public double ShareDone(SliceVisit visit) => (((long)visit.Iteration * SlicesPerRollout) + visit.Index + 1) / (double)SlicesBetweenRollouts;

    private static int AtLeastOne(int value, string name) => value >= 1
        ? value
        : throw new ArgumentOutOfRangeException(
            name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}. Set it to 1 or more."));
}
