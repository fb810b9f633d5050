namespace Microsoft.ML.Grpo;

/// <summary>What a run tells while it works: a snapshot, never changed once reported.</summary>
public sealed record GrpoProgress
{
    /// <summary>Finished steps, from 0 to <see cref="Steps"/> inclusive.</summary>
    public required int Step { get; init; }

    /// <summary>Steps of the whole run.</summary>
    public required int Steps { get; init; }

    /// <summary>What the run is doing now.</summary>
    public required GrpoPhase Phase { get; init; }

    /// <summary>Time since the run began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>An estimate of the time left; <see langword="null"/> before the first step is finished.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>Mean weighted reward of the last finished step; <see langword="null"/> before there is one, or when no completion of it could be scored.</summary>
    public double? Reward { get; init; }

    /// <summary>Mean length of the last finished step's completions, in tokens, stop token included; <see langword="null"/> before there is one.</summary>
    public double? MeanLength { get; init; }

    /// <summary>Tokens sampled a second in the last finished step, its rewards and update included in the time; <see langword="null"/> before there is one.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Metrics of the last finished step by name, with those of an evaluation after it; empty before the first.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Tokens that went through the model since the run began, by purpose.</summary>
    public IReadOnlyDictionary<string, long> Work { get; init; } = new Dictionary<string, long>();
}
