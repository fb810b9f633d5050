namespace Microsoft.ML.Grpo;

/// <summary>A visit to one slice of a rollout.</summary>
/// <param name="Rollout">Number of the rollout, from 0.</param>
/// <param name="Iteration">Which walk over it, from 0.</param>
/// <param name="Index">Which of its slices, from 0.</param>
internal readonly record struct SliceVisit(long Rollout, int Iteration, int Index)
{
    /// <summary>The rollout has to be sampled before this visit.</summary>
    public bool OpensRollout => Iteration == 0 && Index == 0;

    /// <summary>With this visit every row of the rollout has been visited once.</summary>
    public bool EndsFirstWalk(Schedule schedule) => Iteration == 0 && Index == schedule.SlicesPerRollout - 1;
}
