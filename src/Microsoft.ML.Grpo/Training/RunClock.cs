namespace Microsoft.ML.Grpo;

/// <summary>Tells the user's <see cref="IProgress{T}"/> what the run is doing, and estimates what is left.</summary>
/// <param name="steps">Steps of the run.</param>
/// <param name="work">The run's work so far.</param>
/// <param name="progress">Who is told; null: nobody.</param>
/// <param name="time">The time, from the moment the clock is made.</param>
internal sealed class RunClock(int steps, WorkCounters work, IProgress<GrpoProgress>? progress, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private int _step;
    private TimeSpan _training;
    private TimeSpan _stepStart;
    private TimeSpan _evaluation; // of the step being made
    private long _sampledBefore;
    private Dictionary<string, double> _metrics = [];
    private double? _tokensPerSecond;

    private TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>A new part of the step begins.</summary>
    public void Phase(GrpoPhase phase) => Report(phase);

    /// <summary>The first step begins; what came before is not counted as one's time.</summary>
    public void TrainingStarts() => (_stepStart, _evaluation) = (Elapsed, TimeSpan.Zero);

    /// <summary>An evaluation is over; its time is not a step's.</summary>
    /// <param name="metrics">The finished step's, with those of the evaluation.</param>
    /// <param name="time">What it took.</param>
    public void Evaluated(IReadOnlyDictionary<string, double> metrics, TimeSpan time)
    {
        _metrics = new(metrics);
        _evaluation = time;
    }

    /// <summary>A step is over.</summary>
    public void StepDone(int step, IReadOnlyDictionary<string, double> metrics)
    {
        _step = step;
        _metrics = new(metrics);
        var (now, sampled) = (Elapsed, work.Tokens(WorkPurpose.RolloutDecode));
        var seconds = now - _stepStart - _evaluation;
        _training += seconds;
        (_stepStart, _evaluation) = (now, TimeSpan.Zero);
        _tokensPerSecond = seconds > TimeSpan.Zero ? (sampled - _sampledBefore) / seconds.TotalSeconds : null;
        _sampledBefore = sampled;
        Report(GrpoPhase.StepDone);
    }

    private void Report(GrpoPhase phase) => progress?.Report(new GrpoProgress
    {
        Step = _step,
        Steps = steps,
        Phase = phase,
        Elapsed = Elapsed,
        Remaining = _step == 0 ? null : _training / _step * (steps - _step),
        Reward = Known("reward"),
        MeanLength = Known("completions/mean_length"),
        TokensPerSecond = _tokensPerSecond,
        Metrics = _metrics,
        Work = work.TokensByPurpose(),
    });

    private double? Known(string name) => _metrics.TryGetValue(name, out var value) && !double.IsNaN(value) ? value : null;
}
