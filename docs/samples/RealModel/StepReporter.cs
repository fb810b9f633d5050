using Microsoft.Extensions.Logging;
using Microsoft.ML.Grpo;
using Spectre.Console;

namespace RealModel;

/// <summary>Prints a line a step, keeps what each took, and picks the number of weights from the run's log.</summary>
/// <param name="groupSize">Completions of a prompt.</param>
/// <param name="promptsPerRollout">Prompts of a step.</param>
internal sealed class StepReporter(int groupSize, int promptsPerRollout) : IProgress<GrpoProgress>, ILogger
{
    private readonly List<StepFigures> _steps = [];
    private readonly Dictionary<GrpoPhase, double> _seconds = [];
    private GrpoPhase? _phase;
    private int _measured;
    private TimeSpan _since;
    private (long Loss, double Rows) _before;

    public IReadOnlyList<StepFigures> Steps => _steps;

    /// <summary>Weights of the model, an adapter's not counted.</summary>
    public long Parameters { get; private set; }

    /// <summary>Called by the run, on its own thread, when a phase begins and when a step is done.</summary>
    public void Report(GrpoProgress value)
    {
        if (_phase is { } phase)
        {
            _seconds[phase] = _seconds.GetValueOrDefault(phase) + (value.Elapsed - _since).TotalSeconds;
        }

        (_phase, _since) = (value.Phase, value.Elapsed);
        if (value.Phase == GrpoPhase.Evaluation)
        {
            AnsiConsole.WriteLine(_measured++ == 0 ? "Measuring the held-out problems before training." : "Measuring them again.");
        }
        else if (value.Phase == GrpoPhase.StepDone)
        {
            _steps.Add(Figures(value));
            _seconds.Clear();
            Print(_steps[^1], value);
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values && values.FirstOrDefault(v => v.Key == "Parameters").Value is long parameters)
        {
            Parameters = parameters;
        }

        var line = formatter(state, exception);
        if (logLevel >= LogLevel.Warning)
        {
            AnsiConsole.MarkupLineInterpolated($"[yellow]{line}[/]");
        }
        else if (IsEnabled(logLevel) && _phase is null)
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]{line}[/]"); // what the run opens with; the rest is told above
        }
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    private StepFigures Figures(GrpoProgress value)
    {
        var now = (Loss: value.Work[nameof(WorkPurpose.Loss)], Rows: value.Metrics["num_tokens"]);
        var figures = new StepFigures
        {
            Step = value.Step,
            RolloutSeconds = _seconds.GetValueOrDefault(GrpoPhase.Rollout),
            UpdateSeconds = _seconds.GetValueOrDefault(GrpoPhase.Update),
            SampledTokens = value.Metrics["completions/mean_length"] * groupSize * promptsPerRollout,
            RowTokens = now.Rows - _before.Rows,
            LossTokens = now.Loss - _before.Loss,
            Metrics = value.Metrics.ToDictionary(m => m.Key, m => double.IsFinite(m.Value) ? (double?)m.Value : null), // JSON has no NaN
        };
        _before = now;
        return figures;
    }

    private static void Print(StepFigures step, GrpoProgress value) => AnsiConsole.WriteLine(FormattableString.Invariant(
        $"step {step.Step,3}/{value.Steps}  reward {step.Metric("reward"):F3}  correct {step.Metric($"rewards/{HeldOutRecord.Correct}/mean"):P1}  length {step.Metric("completions/mean_length"):F1}  cut {step.Metric("completions/clipped_ratio"):P0}  entropy {step.Metric("entropy"):F2}  rollout {step.RolloutSeconds:F1} s, {step.SampledTokens / step.RolloutSeconds:F0} tokens/s  {(step.LossTokens > 0 ? FormattableString.Invariant($"update {step.UpdateSeconds:F1} s, {step.RowTokens / step.UpdateSeconds:F0} tokens/s") : "no group to learn from")}  left {value.Remaining:hh\\:mm\\:ss}"));
}
