using System.Text.Json;
using Microsoft.ML.Grpo;

namespace RealModel;

/// <summary>All that a run found, as its JSON file tells it.</summary>
internal sealed record RunResult
{
    private const int ForwardAndBackward = 6; // operations a weight and token: 2 forward, 4 backward

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public required RunSettings Settings { get; init; }

    public required long Parameters { get; init; }

    public required int Threads { get; init; }

    public required HeldOutFigures Before { get; init; }

    public required HeldOutFigures After { get; init; }

    /// <summary>The change of the share correct, sampled; null for fewer than two problems.</summary>
    public required PairedInterval? Correct { get; init; }

    /// <summary>The same, greedy.</summary>
    public required PairedInterval? GreedyCorrect { get; init; }

    public required double WallSeconds { get; init; }

    public required double TrainingSeconds { get; init; }

    public required double RolloutTokensPerSecond { get; init; }

    /// <summary>By <see cref="StepFigures.RowTokens"/>.</summary>
    public required double UpdateTokensPerSecond { get; init; }

    public required IReadOnlyDictionary<string, long> Tokens { get; init; }

    public required long PeakMemoryBytes { get; init; }

    /// <summary>Float32 operations a second before training and after it.</summary>
    public required IReadOnlyList<double> MatmulRate { get; init; }

    /// <summary>Model operations of the updates over their time, as a share of the mean of <see cref="MatmulRate"/>.</summary>
    public required double UpdateShareOfMatmulRate { get; init; }

    /// <summary>A step's time in square matrix products of the machine's own: seconds a step times the rate.</summary>
    public required double MatmulOperationsPerStep { get; init; }

    public required IReadOnlyList<StepFigures> Steps { get; init; }

    public static RunResult Of(RunSettings settings, TrainingSummary run, StepReporter reporter, HeldOutRecord record, IReadOnlyList<double> matmulRate, TimeSpan wall, int threads)
    {
        var evaluations = record.Evaluations;
        var (before, after, steps) = (evaluations[0], evaluations[^1], reporter.Steps);
        var (rollout, update, training) = (steps.Sum(s => s.RolloutSeconds), steps.Sum(s => s.UpdateSeconds), run.Steps.Sum(s => s["step_time"]));
        var rows = steps.Sum(s => s.RowTokens);
        return new()
        {
            Settings = settings,
            Parameters = reporter.Parameters,
            Threads = threads,
            Before = before,
            After = after,
            Correct = PairedInterval.Of([.. before.Problems.Select(p => p.Correct.Average())], [.. after.Problems.Select(p => p.Correct.Average())]),
            GreedyCorrect = PairedInterval.Of([.. before.Problems.Select(p => (double)p.Greedy)], [.. after.Problems.Select(p => (double)p.Greedy)]),
            WallSeconds = wall.TotalSeconds,
            TrainingSeconds = training,
            RolloutTokensPerSecond = steps.Sum(s => s.SampledTokens) / rollout,
            UpdateTokensPerSecond = rows / update,
            Tokens = run.Work.TokensByPurpose(),
            PeakMemoryBytes = PeakMemory(),
            MatmulRate = matmulRate,
            UpdateShareOfMatmulRate = ForwardAndBackward * (double)reporter.Parameters * rows / update / matmulRate.Average(),
            MatmulOperationsPerStep = training / steps.Count * matmulRate.Average(),
            Steps = steps,
        };
    }

    /// <summary>Writes it as JSON, under a temporary name first.</summary>
    public void Write(string path)
    {
        var temporary = path + ".tmp";
        try
        {
            File.WriteAllText(temporary, JsonSerializer.Serialize(this, Json) + "\n");
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static long PeakMemory()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.PeakWorkingSet64; // VmHWM on Linux
    }
}
