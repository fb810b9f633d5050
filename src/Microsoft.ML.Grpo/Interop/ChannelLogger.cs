using Microsoft.Extensions.Logging;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Grpo;

/// <summary>A log whose lines go to <see cref="MLContext.Log"/>.</summary>
internal sealed class ChannelLogger(IChannel channel) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var message = formatter(state, exception);
        switch (logLevel)
        {
            case LogLevel.Trace or LogLevel.Debug:
                channel.Trace(MessageSensitivity.None, message);
                break;
            case LogLevel.Information:
                channel.Info(MessageSensitivity.None, message);
                break;
            case LogLevel.Warning:
                channel.Warning(MessageSensitivity.None, message);
                break;
            default:
                channel.Error(MessageSensitivity.None, message);
                break;
        }
    }
}
