using System.Diagnostics;

namespace Microsoft.ML.Grpo;

/// <summary>Tells the user's <see cref="IProgress{T}"/> what the run is doing, and estimates what is left.</summary>
internal sealed class RunClock(int steps, WorkCounters work, IProgress<GrpoProgress>? progress)
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private int _step;
    private TimeSpan _training;
    private TimeSpan _lastStepEnd;
    private Dictionary<string, double> _metrics = [];
    private double? _tokensPerSecond;

    /// <summary>A new part of the step begins.</summary>
    public void Phase(GrpoPhase phase) => Report(phase);

    /// <summary>An evaluation is over; its time is not a step's.</summary>
    public void Evaluated(IReadOnlyDictionary<string, double> metrics)
    {
        _metrics = new(metrics);
        if (_step == 0)
        {
            _lastStepEnd = _watch.Elapsed;
        }
    }

    /// <summary>A step is over.</summary>
    public void StepDone(int step, IReadOnlyDictionary<string, double> metrics)
    {
        _step = step;
        _metrics = new(metrics);
        _training += _watch.Elapsed - _lastStepEnd;
        _lastStepEnd = _watch.Elapsed;
        var sampled = work.Tokens(WorkPurpose.RolloutDecode);
        _tokensPerSecond = _training > TimeSpan.Zero ? sampled / _training.TotalSeconds : null;
        Report(GrpoPhase.StepDone);
    }

    private void Report(GrpoPhase phase) => progress?.Report(new GrpoProgress
    {
        Step = _step,
        Steps = steps,
        Phase = phase,
        Elapsed = _watch.Elapsed,
        Remaining = _step == 0 ? null : _training / _step * (steps - _step),
        Reward = Known("reward"),
        MeanLength = Known("completions/mean_length"),
        TokensPerSecond = _tokensPerSecond,
        Metrics = _metrics,
        Work = work.TokensByPurpose(),
    });

    private double? Known(string name) => _metrics.TryGetValue(name, out var value) && !double.IsNaN(value) ? value : null;
}
