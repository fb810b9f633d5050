using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>The main job once a seed, and once more on a reward of coin tosses.</summary>
internal static class QuickStartBenchmark
{
    private static readonly string[] Header =
        ["seed", "reward", "sampled before", "after", "greedy before", "after", "pass@8 before", "after", "sharpened", "steps", "scoring passes", "seconds"];

    /// <returns>0 if every run succeeded.</returns>
    public static async Task<int> RunAsync(int[] seeds, int? steps, bool control, TextWriter output, CancellationToken cancellationToken)
    {
        using var job = new QuickStartProcess();
        var table = new MarkdownTable(output);
        await table.HeadAsync(Header).ConfigureAwait(false);
        bool allRan = true;
        foreach (var (seed, coin) in seeds.SelectMany(seed => control ? new[] { (seed, false), (seed, true) } : [(seed, false)]))
        {
            string[] name = [Text(seed), coin ? "coin tosses" : "answer"];
            JsonElement? figures = await job.RunAsync(seed, steps, coin ? ["--control", "random-reward"] : [], cancellationToken).ConfigureAwait(false);
            await table.RowAsync(name.Concat(figures is { } known ? Cells(known) : ["failed"])).ConfigureAwait(false);
            allRan &= figures is not null;
        }

        return allRan ? 0 : 1;
    }

    private static IEnumerable<string> Cells(JsonElement figures)
    {
        string Percent(string name) => figures.GetProperty(name).GetDouble().ToString("P1", CultureInfo.InvariantCulture);
        return
        [
            Percent("sampledBefore"), Percent("sampledAfter"), Percent("greedyBefore"), Percent("greedyAfter"), Percent("passAt8Before"), Percent("passAt8After"), Percent("sharpenedBefore"),
            Text(figures.GetProperty("steps").GetInt32()), Text(figures.GetProperty("scoringForwards").GetInt32()),
            figures.GetProperty("seconds").GetDouble().ToString("F0", CultureInfo.InvariantCulture),
        ];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
