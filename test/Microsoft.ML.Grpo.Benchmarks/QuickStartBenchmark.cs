using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>The main job once a seed, and once more on a reward of coin tosses: each in a process of its own.</summary>
internal static class QuickStartBenchmark
{
    private static readonly string[] Header =
        ["seed", "reward", "sampled before", "after", "greedy before", "after", "pass@8 before", "after", "sharpened", "steps", "scoring passes", "seconds"];

    /// <returns>0 if every run succeeded.</returns>
    public static async Task<int> RunAsync(int[] seeds, int? steps, bool control, TextWriter output, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("grpo-benchmark-").FullName;
        try
        {
            await output.WriteLineAsync(Row(Header)).ConfigureAwait(false);
            await output.WriteLineAsync(Row(Header.Select(_ => "---"))).ConfigureAwait(false);
            bool allRan = true;
            foreach (var (seed, coin) in seeds.SelectMany(seed => control ? new[] { (seed, false), (seed, true) } : [(seed, false)]))
            {
                string result = Path.Combine(folder, $"{seed}-{coin}.json");
                List<string> arguments = ["--seed", Text(seed), "--result", result, "--save", Path.Combine(folder, "policy.zip")];
                arguments.AddRange(steps is { } count ? ["--steps", Text(count)] : []);
                arguments.AddRange(coin ? ["--control", "random-reward"] : []);
                bool ran = await QuickStartAsync(arguments, cancellationToken).ConfigureAwait(false);
                string row = ran
                    ? Row(Cells(seed, coin, JsonDocument.Parse(await File.ReadAllTextAsync(result, cancellationToken).ConfigureAwait(false)).RootElement))
                    : Row([Text(seed), coin ? "coin tosses" : "answer", "failed"]);
                await output.WriteLineAsync(row).ConfigureAwait(false);
                allRan &= ran;
            }

            return allRan ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Runs it through the SDK, which builds it if need be. Its output goes to standard error, beside the table.</summary>
    private static async Task<bool> QuickStartAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", ["run", "-c", "Release", "--project", Project(), "--", .. arguments]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started: is it on the PATH?");
        try
        {
            while (await process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                await Console.Error.WriteLineAsync(line).ConfigureAwait(false);
            }

            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

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

    private static IEnumerable<string> Cells(int seed, bool coin, JsonElement figures)
    {
        string Percent(string name) => figures.GetProperty(name).GetDouble().ToString("P1", CultureInfo.InvariantCulture);
        return
        [
            Text(seed), coin ? "coin tosses" : "answer",
            Percent("sampledBefore"), Percent("sampledAfter"), Percent("greedyBefore"), Percent("greedyAfter"), Percent("passAt8Before"), Percent("passAt8After"), Percent("sharpenedBefore"),
            Text(figures.GetProperty("steps").GetInt32()), Text(figures.GetProperty("scoringForwards").GetInt32()),
            figures.GetProperty("seconds").GetDouble().ToString("F0", CultureInfo.InvariantCulture),
        ];
    }

    private static string Row(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
