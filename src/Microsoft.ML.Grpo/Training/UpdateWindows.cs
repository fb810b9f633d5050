namespace Microsoft.ML.Grpo;

/// <summary>A visit to one slice of a rollout.</summary>
/// <param name="Rollout">Number of the rollout, from 0.</param>
/// <param name="Iteration">Which walk over it, from 0.</param>
/// <param name="Index">Which of its slices, from 0.</param>
internal readonly record struct SliceVisit(long Rollout, int Iteration, int Index)
{
    /// <summary>The rollout has to be sampled before this visit.</summary>
    public bool OpensRollout => Iteration == 0 && Index == 0;
}

/// <summary>Which slices each update takes.</summary>
internal static class UpdateWindows
{
    /// <summary>A number of steps: windows run on across epochs, and every one is full.</summary>
    public static IEnumerable<IReadOnlyList<SliceVisit>> OfSteps(Schedule schedule, int steps) =>
        Visits(schedule, 0, long.MaxValue).Chunk(schedule.Accumulation).Take(steps);

    /// <summary>A number of epochs: the last window of an epoch takes what is left of it.</summary>
    public static IEnumerable<IReadOnlyList<SliceVisit>> OfEpochs(Schedule schedule, int epochs, int rolloutsPerEpoch) =>
        Enumerable.Range(0, epochs).SelectMany(epoch => Visits(schedule, (long)epoch * rolloutsPerEpoch, rolloutsPerEpoch).Chunk(schedule.Accumulation));

    /// <summary>Steps that <see cref="OfEpochs"/> makes.</summary>
    public static int StepsOfEpochs(Schedule schedule, int epochs, int rolloutsPerEpoch) =>
        checked((int)(epochs * (((rolloutsPerEpoch * schedule.SlicesBetweenRollouts) + schedule.Accumulation - 1) / schedule.Accumulation)));

    private static IEnumerable<SliceVisit> Visits(Schedule schedule, long firstRollout, long rollouts)
    {
        for (long i = 0; i < rollouts; i++)
        {
            for (var iteration = 0; iteration < schedule.Iterations; iteration++)
            {
                for (var index = 0; index < schedule.SlicesPerRollout; index++)
                {
                    yield return new(firstRollout + i, iteration, index);
                }
            }
        }
    }
}
