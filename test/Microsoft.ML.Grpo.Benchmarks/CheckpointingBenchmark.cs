using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Benchmarks;

/// <summary>Memory against time of a loss pass with and without activation checkpointing, each measured in a process of its own, since a peak stays. Linux only.</summary>
internal static class CheckpointingBenchmark
{
    private const int Prompt = 128;
    private const int Completion = 128;
    private const int Group = 8;

    private static readonly string[] Header = ["layers", "checkpointing", "seconds of a pass", "time / without", "spread", "peak memory", "beyond weights and gradients"];

    /// <summary>Measures both in turn, in processes of their own.</summary>
    /// <returns>0.</returns>
    public static async Task<int> RunAsync(int layers, int repeats, TextWriter output, CancellationToken cancellationToken)
    {
        var measured = new Dictionary<bool, List<(double Seconds, long Peak, long Beyond)>> { [false] = [], [true] = [] };
        for (int i = 0; i < repeats; i++)
        {
            foreach (bool on in new[] { false, true })
            {
                measured[on].Add(await ChildAsync(layers, on, cancellationToken).ConfigureAwait(false));
            }
        }

        var table = new MarkdownTable(output);
        await table.HeadAsync(Header).ConfigureAwait(false);
        foreach (var (on, results) in measured)
        {
            double[] ratios = [.. results.Zip(measured[false], (a, b) => a.Seconds / b.Seconds)];
            await table.RowAsync(
            [
                Machine.Count(layers), on ? "on" : "off", Machine.Ratio(Machine.Median([.. results.Select(r => r.Seconds)])), .. Machine.Spread(ratios),
                Megabytes(results.Max(r => r.Peak)), Megabytes(results.Max(r => r.Beyond)),
            ]).ConfigureAwait(false);
        }

        return 0;

        static string Megabytes(long bytes) => $"{Machine.Count(bytes >> 20)} MB";
    }

    /// <summary>Measures one, in this process, and writes seconds, peak and what of it is beyond weights and gradients, in bytes.</summary>
    /// <returns>0.</returns>
    public static async Task<int> MeasureAsync(int layers, bool on, TextWriter output)
    {
        TorchRuntime.Initialize();
        using var model = RandomWeights.Create(RandomWeights.Shape135M with { Layers = layers });
        model.RequireGradients(true);
        var scored = UpdateBenchmark.Completions(model.Config, Prompt, Completion, Group);
        var stage = new LossStage(
            model, null, new(), ForwardPlan.For(new(new(1, 1, 1), false, false)), new(1, 1 << 20) { Sharing = PromptSharing.Never, Checkpointing = on }, 1, new());
        double Pass() => Machine.Time(() =>
        {
            using var scope = NewDisposeScope();
            using var batch = new TrainingBatch(scored, 0, [.. Enumerable.Range(0, Group)], false, model.Dtype, model.Device);
            stage.Accumulate(batch, [.. Enumerable.Range(0, Group)], 0, new(Group, batch.LossTokens, 1, 1) { SliceTokens = batch.LossTokens }, 1, () => { });
        });
        Pass(); // makes the gradients
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5").ConfigureAwait(false); // the peak starts anew
        double seconds = Enumerable.Range(0, 3).Min(_ => Pass());
        long peak = HeadMemory.Status("VmHWM");
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{seconds} {peak} {peak - (2 * sizeof(float) * model.ParameterCount)}")).ConfigureAwait(false);
        return 0;
    }

    private static async Task<(double Seconds, long Peak, long Beyond)> ChildAsync(int layers, bool on, CancellationToken cancellationToken)
    {
        string[] arguments = [typeof(CheckpointingBenchmark).Assembly.Location, "checkpointing", "--layers", layers.ToString(CultureInfo.InvariantCulture), "--one", on ? "on" : "off"];
        using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("dotnet could not be started: is it on the PATH?");
        string line = await process.StandardOutput.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 3
            ? (double.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"The measuring process wrote '{line}' and ended with {process.ExitCode}.");
    }
}
