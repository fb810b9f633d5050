namespace Microsoft.ML.Grpo.Parity;

/// <summary>Gives the recorded values of one reward function, rounded to float32 as TRL's reward tensor is.</summary>
internal sealed class ReplayReward(Recording recording, int function, string name, double weight) : Reward(name, weight, [])
{
    /// <summary>The functions of a run, named as its log names them.</summary>
    /// <exception cref="InvalidDataException">The log or the weights name another number of functions than there are values.</exception>
    public static IReadOnlyList<Reward> Of(RecordedRun run, Recording recording)
    {
        const string Prefix = "rewards/", Suffix = "/mean";
        var functions = run.TrainingBatches.First().Rewards[0].Count;
        string[] names =
        [
            .. run.Logs.SelectMany(log => log.Keys).Distinct(StringComparer.Ordinal)
                .Where(key => key.StartsWith(Prefix, StringComparison.Ordinal) && key.EndsWith(Suffix, StringComparison.Ordinal))
                .Select(key => key[Prefix.Length..^Suffix.Length]),
        ];
        var weights = new TrlOptions(run.Options).Weights(names.Length);
        if (names.Length != functions || weights.Count != functions)
        {
            throw new InvalidDataException($"it has rewards of {functions} functions, but its log names {names.Length}, and its options {weights.Count} weights");
        }

        return [.. names.Select((name, i) => new ReplayReward(recording, i, name, weights[i]))];
    }

    public override ValueTask<IReadOnlyList<double?>> ScoreAsync(IReadOnlyList<RewardSample> batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<double?>>([.. recording.Current.Rewards.Select(row => row[function] is { } value ? (double)(float)value : (double?)null)]);
}
