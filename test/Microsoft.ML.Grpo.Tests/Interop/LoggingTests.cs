using Microsoft.Extensions.Logging;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class LoggingTests : FaceTests
{
    private readonly List<string> _context = [];

    public LoggingTests() => Ml.Log += (_, line) => _context.Add($"{line.Kind}: {line.RawMessage}");

    [TestMethod]
    public void Without_a_logger_every_line_of_a_run_reaches_the_context_once()
    {
        using var policy = Fit();
        foreach (var begin in new[] { "Policy: llama", "Prompts are raw text", "Forward plan: ", "8 prompts, 2 rollouts of 4", "Learning rate 0.01", "Step 1/2: reward", "Step 2/2: reward" })
        {
            Assert.HasCount(1, _context.Where(line => line.StartsWith("Info: " + begin, StringComparison.Ordinal)).ToList(), begin + "\n" + string.Join('\n', _context));
        }
    }

    [TestMethod]
    public void With_a_logger_no_line_of_the_run_reaches_the_context()
    {
        var logger = new CollectingLogger();
        using var attached = Ml.AttachLogger(logger);
        using var policy = Fit(o => o.Logger = logger);
        Assert.HasCount(1, logger.Lines.Where(line => line.Contains("Step 1/2: reward", StringComparison.Ordinal)).ToList());
        Assert.IsFalse(_context.Any(line => !line.StartsWith("Trace", StringComparison.Ordinal)), string.Join('\n', _context));
    }

    [TestMethod]
    public void An_attached_logger_gets_the_run_once_under_the_component_as_category_until_it_is_detached()
    {
        var logger = new CollectingLogger();
        var attached = Ml.AttachLogger(logger);
        using (Fit())
        {
            Assert.HasCount(1, logger.Lines.Where(line => line.StartsWith("Microsoft.ML.GrpoEstimator Information: Step 2/2: reward", StringComparison.Ordinal)).ToList(), string.Join('\n', logger.Lines));
        }

        attached.Dispose();
        attached.Dispose();
        var count = logger.Lines.Count;
        using var policy = Fit();
        Assert.HasCount(count, logger.Lines);
    }

    [TestMethod]
    public void Levels_are_kept_and_braces_are_not_placeholders()
    {
        var logger = new CollectingLogger();
        using var attached = Ml.AttachLogger(logger);
        using (var channel = MLNetInternals.EnvironmentOf(Ml.Transforms).Register("Part").Start("work"))
        {
            var ours = new ChannelLogger(channel);
            foreach (var level in new[] { LogLevel.Trace, LogLevel.Debug, LogLevel.Information, LogLevel.Warning, LogLevel.Error, LogLevel.Critical })
            {
                ours.Log(level, 0, level, null, (state, _) => "{0} {name} }{ " + state);
            }
        }

        CollectionAssert.AreEqual(
            new[] { "Trace: {0} {name} }{ Trace", "Trace: {0} {name} }{ Debug", "Information: {0} {name} }{ Information", "Warning: {0} {name} }{ Warning", "Error: {0} {name} }{ Error", "Error: {0} {name} }{ Critical" },
            logger.Lines.Where(line => line.Contains('{', StringComparison.Ordinal)).Select(line => line.Replace("Microsoft.ML.Part ", "", StringComparison.Ordinal)).ToList());
    }

    [TestMethod]
    public void A_logger_that_is_off_is_not_asked()
    {
        var logger = new CollectingLogger(LogLevel.Warning);
        using var attached = Ml.AttachLogger(logger);
        using var channel = MLNetInternals.EnvironmentOf(Ml.Transforms).Register("Part").Start("work");
        channel.Info(MessageSensitivity.None, "quiet");
        channel.Warning(MessageSensitivity.None, "loud");
        CollectionAssert.AreEqual(new[] { "Microsoft.ML.Part Warning: loud" }, logger.Lines.ToList());
    }
}
