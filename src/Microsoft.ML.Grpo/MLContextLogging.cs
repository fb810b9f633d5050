using Microsoft.Extensions.Logging;
using Microsoft.ML.Grpo;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Joins ML.NET's log to <see cref="ILogger"/>.</summary>
public static class MLContextLogging
{
    /// <summary>
    /// Sends every line of an <see cref="MLContext"/>'s log to loggers of the category <c>Microsoft.ML.{component}</c>. A
    /// run whose <see cref="GrpoOptions.Logger"/> is set writes there and not to ML.NET's log, so no line comes twice.
    /// </summary>
    /// <param name="mlContext">The context.</param>
    /// <param name="loggerFactory">Makes the loggers.</param>
    /// <returns>Dispose it to stop.</returns>
    public static IDisposable AttachLogger(this MLContext mlContext, ILoggerFactory loggerFactory)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(loggerFactory);
        void Forward(object? sender, LoggingEventArgs line)
        {
            var level = line.Kind switch
            {
                ChannelMessageKind.Trace => LogLevel.Trace,
                ChannelMessageKind.Info => LogLevel.Information,
                ChannelMessageKind.Warning => LogLevel.Warning,
                _ => LogLevel.Error,
            };
            var logger = loggerFactory.CreateLogger("Microsoft.ML." + line.Source.Split(';', 2)[0].Trim());
            if (logger.IsEnabled(level))
            {
                RunLog.FromMLNet(logger, level, line.RawMessage);
            }
        }

        mlContext.Log += Forward;
        return new Detach(() => mlContext.Log -= Forward);
    }

    private sealed class Detach(Action action) : IDisposable
    {
        private Action? _action = action;

        public void Dispose() => Interlocked.Exchange(ref _action, null)?.Invoke();
    }
}
