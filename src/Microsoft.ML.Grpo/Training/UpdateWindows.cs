namespace Microsoft.ML.Grpo;

/// <summary>Which slices each update takes.</summary>
internal static class UpdateWindows
{
    /// <summary>A number of steps: windows run on across epochs, and every one is full.</summary>
    public static IEnumerable<IReadOnlyList<SliceVisit>> OfSteps(Schedule schedule, int steps) =>
        Visits(schedule, 0, long.MaxValue).Chunk(schedule.Accumulation).Take(steps);

    /// <summary>A number of epochs: the last window of an epoch takes what is left of it.</summary>
    public static IEnumerable<IReadOnlyList<SliceVisit>> OfEpochs(Schedule schedule, int epochs, int rolloutsPerEpoch) =>
        Enumerable.Range(0, epochs).SelectMany(epoch => Visits(schedule, (long)epoch * rolloutsPerEpoch, rolloutsPerEpoch).Chunk(schedule.Accumulation));

    /// <summary>Windows of given lengths, of a run that was recorded.</summary>
    public static IEnumerable<IReadOnlyList<SliceVisit>> OfLengths(Schedule schedule, IEnumerable<int> lengths)
    {
        using var visits = Visits(schedule, 0, long.MaxValue).GetEnumerator();
        foreach (var length in lengths)
        {
            var window = new SliceVisit[length];
            for (var i = 0; i < length; i++)
            {
                visits.MoveNext(); // there is always one more
                window[i] = visits.Current;
            }

            yield return window;
        }
    }

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
