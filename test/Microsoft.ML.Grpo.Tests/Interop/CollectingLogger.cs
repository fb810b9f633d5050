using Microsoft.Extensions.Logging;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Keeps every line, as <c>Level: text</c>, with the category before it if there is one; a factory of itself.</summary>
internal sealed class CollectingLogger(LogLevel lowest = LogLevel.Trace) : ILogger, ILoggerFactory
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private string _category = "";

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= lowest;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lock)
        {
            _lines.Add($"{_category}{logLevel}: {formatter(state, exception)}");
        }
    }

    public ILogger CreateLogger(string categoryName)
    {
        _category = categoryName + " ";
        return this;
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This factory has one logger.");

    public void Dispose()
    {
    }
}
