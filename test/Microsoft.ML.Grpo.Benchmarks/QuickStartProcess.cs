using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>Runs of the main job, one after another, each in a process of its own; what they leave behind goes with this object.</summary>
internal sealed class QuickStartProcess : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("grpo-benchmark-").FullName;

    /// <summary>Runs it through the SDK, which builds it if need be. Its output goes to standard error, beside the table.</summary>
    /// <param name="seed">Its seed.</param>
    /// <param name="steps">Updates of the weights; null: the job's own number.</param>
    /// <param name="arguments">Its further arguments.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <returns>Its figures, or null if it failed.</returns>
    public async Task<JsonElement?> RunAsync(int seed, int? steps, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        string result = Path.Combine(_folder, $"{Guid.NewGuid():N}.json");
        string[] all =
        [
            "run", "-c", "Release", "--project", Project(), "--",
            "--seed", Text(seed), .. steps is { } count ? new[] { "--steps", Text(count) } : [],
            "--result", result, "--save", Path.Combine(_folder, "policy.zip"), .. arguments,
        ];
        using Process process = Process.Start(new ProcessStartInfo("dotnet", all) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("dotnet could not be started: is it on the PATH?");
        try
        {
            while (await process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                await Console.Error.WriteLineAsync(line).ConfigureAwait(false);
            }

            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return process.ExitCode == 0
            ? JsonElement.Parse(await File.ReadAllTextAsync(result, cancellationToken).ConfigureAwait(false))
            : null;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Project()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string project = Path.Combine(folder.FullName, "docs", "samples", "QuickStart");
            if (Directory.Exists(project))
            {
                return project;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds docs/samples/QuickStart: run the benchmarks from a checkout.");
    }
}
