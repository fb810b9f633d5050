using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.ML.Grpo;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace QuickStart;

/// <summary>Shows a run while it works: a table that redraws itself in a terminal, a line now and then elsewhere.</summary>
internal sealed class LiveDisplay(string accuracy) : IProgress<GrpoProgress>, ILogger, IDisposable
{
    private const int LineEvery = 10;
    private const int Smoothing = 10;

    private readonly Queue<double> _recent = new();
    private readonly List<string> _warnings = [];
    private LiveDisplayContext? _live;

    /// <summary>Does the work with the display on.</summary>
    public T While<T>(Func<T> work)
    {
        if (!AnsiConsole.Profile.Capabilities.Interactive)
        {
            return work();
        }

        T result = default!;
        try
        {
            AnsiConsole.Live(new Text("Measuring the untrained model ...")).Start(context =>
            {
                _live = context;
                result = work();
            });
        }
        finally
        {
            _live = null;
            _warnings.ForEach(Warn);
        }

        return result;
    }

    /// <summary>Shows warnings, below the table while there is one; the rest of a run's log says what the table shows.</summary>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        if (_live is null)
        {
            Warn(formatter(state, exception));
        }
        else
        {
            _warnings.Add(formatter(state, exception));
        }
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <summary>Called by the run, on its own thread.</summary>
    public void Report(GrpoProgress value)
    {
        if (value.Phase == GrpoPhase.StepDone && value.Metrics.TryGetValue($"rewards/{accuracy}/mean", out var right))
        {
            _recent.Enqueue(right);
            if (_recent.Count > Smoothing)
            {
                _recent.Dequeue();
            }
        }

        if (_live is not null)
        {
            _live.UpdateTarget(Picture(value));
        }
        else if (value.Phase == GrpoPhase.StepDone && (value.Step % LineEvery == 0 || value.Step is 1 || value.Step == value.Steps))
        {
            AnsiConsole.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"step {value.Step,4}/{value.Steps}  right {_recent.DefaultIfEmpty().Average(),6:P1}  length {value.MeanLength:F1}  {value.TokensPerSecond,5:F0} tokens/s  left {Clock(value.Remaining)}"));
        }
    }

    public void Dispose() => _live = null;

    private static void Warn(string warning) => AnsiConsole.MarkupLineInterpolated($"[yellow]{warning}[/]");

    private Grid Picture(GrpoProgress value)
    {
        var grid = new Grid().AddColumns(2);
        void Row(string name, string text) => grid.AddRow(new Text(name, new Style(Color.Grey)), new Text(text));
        Row("step", $"{value.Step} of {value.Steps}: {value.Phase}");
        Row($"right, last {Smoothing} steps", _recent.Count == 0 ? "-" : $"{_recent.Average():P1}");
        Row("mean length", value.MeanLength is { } length ? $"{length:F1} tokens" : "-");
        Row("sampled", value.TokensPerSecond is { } rate ? $"{rate:F0} tokens/s" : "-");
        Row("time", $"{Clock(value.Elapsed)} gone, {Clock(value.Remaining)} left");
        grid.AddRow(new Text(""), new BarOf(value.Step / (double)value.Steps));
        return _warnings.Count == 0 ? grid : grid.AddRow(new Text("warnings", new Style(Color.Yellow)), new Text(string.Join('\n', _warnings)));
    }

    private static string Clock(TimeSpan? time) => time is { } t ? $"{(int)t.TotalMinutes}:{t.Seconds:00}" : "-:--";

    private sealed class BarOf(double share) : Renderable
    {
        private const int Width = 40;

        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        {
            var full = (int)(share * Width);
            yield return new Segment(new string('━', full), new Style(Color.Green));
            yield return new Segment(new string('━', Width - full), new Style(Color.Grey));
        }
    }
}
