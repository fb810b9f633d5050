using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>
/// What a sampler that differs from the trainer costs, and what its correction: the main job in process, and with a sampler
/// rounded to 8 bits without correction and with two, each by both routes. One thread, one run after another.
/// </summary>
internal static class SamplerBenchmark
{
    private static readonly string[] Header =
        ["seed", "sampler", "correction", "route", "right before", "after", "mean abs log ρ", "score tokens", "loss tokens", "time / in process"];

    private static readonly (string Sampler, string Correction, string? Route)[] Cases =
    [
        ("in-process", "off", null),
        ("rounded", "off", null),
        ("rounded", "tokenTruncate", "inline"),
        ("rounded", "tokenTruncate", "precompute"),
        ("rounded", "sequenceMask", "inline"),
        ("rounded", "sequenceMask", "precompute"),
    ];

    /// <returns>0 if every run succeeded.</returns>
    public static async Task<int> RunAsync(int[] seeds, int? steps, TextWriter output, CancellationToken cancellationToken)
    {
        using var job = new QuickStartProcess();
        var table = new MarkdownTable(output);
        await table.HeadAsync(Header).ConfigureAwait(false);
        bool allRan = true;
        foreach (int seed in seeds)
        {
            double? inProcess = null; // seconds; the first case is the yardstick of the seed's others
            foreach (var (sampler, correction, route) in Cases)
            {
                string[] arguments = ["--threads", "1", "--sampler", sampler, "--correction", correction, .. route is null ? Array.Empty<string>() : ["--route", route]];
                JsonElement? figures = await job.RunAsync(seed, steps, arguments, cancellationToken).ConfigureAwait(false);
                inProcess ??= sampler == "in-process" && figures is { } first ? Seconds(first) : null;
                string[] name = [seed.ToString(CultureInfo.InvariantCulture), sampler, correction, route ?? "-"];
                await table.RowAsync(name.Concat(figures is { } known ? Cells(known, inProcess) : ["failed"])).ConfigureAwait(false);
                allRan &= figures is not null;
            }
        }

        return allRan ? 0 : 1;
    }

    private static IEnumerable<string> Cells(JsonElement figures, double? inProcess)
    {
        string Percent(string name) => figures.GetProperty(name).GetDouble().ToString("P1", CultureInfo.InvariantCulture);
        string Tokens(string name) => figures.GetProperty(name).GetInt64().ToString("N0", CultureInfo.InvariantCulture);
        return
        [
            Percent("sampledBefore"), Percent("sampledAfter"),
            figures.GetProperty("logRatio") is { ValueKind: JsonValueKind.Number } ratio ? ratio.GetDouble().ToString("G2", CultureInfo.InvariantCulture) : "-",
            Tokens("scoreTokens"), Tokens("lossTokens"),
            inProcess is { } yardstick ? (Seconds(figures) / yardstick).ToString("F2", CultureInfo.InvariantCulture) : "-",
        ];
    }

    /// <summary>Of the steps alone: measuring takes the same time whatever samples, and would hide what differs.</summary>
    private static double Seconds(JsonElement figures) => figures.GetProperty("trainingSeconds").GetDouble();
}
