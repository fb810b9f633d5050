using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>
/// An engine in a process of its own, which works when it is asked and else waits: both engines keep threads that spin when their work
/// is done, and would take the cores from each other.
/// </summary>
internal sealed class EngineProcess : IDisposable
{
    private readonly Process _process;

    public EngineProcess(string engine, string model, int threads)
    {
        string[] arguments =
        [
            typeof(EngineProcess).Assembly.Location, "llama", "--engine", engine, "--model", model, "--threads", threads.ToString(CultureInfo.InvariantCulture),
        ];
        _process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("dotnet could not be started: is it on the PATH?");
    }

    /// <summary>The other side: answers a request a line until there are no more.</summary>
    public static async Task<int> ServeAsync(IDecodeEngine engine, TextReader input, TextWriter output)
    {
        while (await input.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(engine.Run(JsonSerializer.Deserialize<DecodeRequest>(line)!))).ConfigureAwait(false);
        }

        return 0;
    }

    public async Task<DecodeResult> RunAsync(DecodeRequest request, CancellationToken cancellationToken)
    {
        await Task.Delay(Rest, cancellationToken).ConfigureAwait(false); // until the other's threads sleep
        string? line = null;
        try
        {
            await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request).AsMemory(), cancellationToken).ConfigureAwait(false);
            line = await _process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It has ended.
        }

        return line is not null
            ? JsonSerializer.Deserialize<DecodeResult>(line)!
            : throw new InvalidOperationException("The engine's process ended; what it wrote to standard error says why.");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(200);
}
