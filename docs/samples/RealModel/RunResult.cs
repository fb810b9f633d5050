using System.Text.Json;
using Microsoft.ML.Grpo;

namespace RealModel;

/// <summary>All that a run found, as its JSON file tells it.</summary>
internal sealed record RunResult
{
    // Operations a weight and token.
    private const double Forward = 2;
    private const double ForwardAndBackward = 6;
    private const double WithoutWeightGradients = 4;

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

    /// <summary>By <see cref="StepFigures.RowTokens"/>; 0 if nothing went through the loss pass.</summary>
    public required double UpdateTokensPerSecond { get; init; }

    public required IReadOnlyDictionary<string, long> Tokens { get; init; }

    public required long PeakMemoryBytes { get; init; }

    /// <summary>Float32 operations a second, the better of before and after training: another process may have been busy.</summary>
    public required double MatmulRate { get; init; }

    /// <summary>
    /// 6 x weights x <see cref="StepFigures.RowTokens"/> over the time of the updates, as a share of <see cref="MatmulRate"/>. It compares trainers, and
    /// says nothing of the machine: one that skips work which changes nothing comes above 1. 0 if nothing went through the loss pass.
    /// </summary>
    public required double UpdateShareOfMatmulRate { get; init; }

    /// <summary>What the updates did compute, over the same: 6 (4 with an adapter, whose frozen weights need no gradients) x weights x <see cref="StepFigures.LossTokens"/>.</summary>
    public required double UpdateWorkShareOfMatmulRate { get; init; }

    /// <summary>The same of sampling: 2 x weights x tokens through the model, prompts once a group.</summary>
    public required double RolloutWorkShareOfMatmulRate { get; init; }

    /// <summary>Seconds of a step times <see cref="MatmulRate"/>: times of other machines, made comparable.</summary>
    public required double MatmulOperationsPerStep { get; init; }

    public required IReadOnlyList<StepFigures> Steps { get; init; }

    public static RunResult Of(RunSettings settings, TrainingSummary run, StepReporter reporter, HeldOutRecord record, double matmulRate, TimeSpan wall, int threads)
    {
        var evaluations = record.Evaluations;
        var (before, after, steps) = (evaluations[0], evaluations[^1], reporter.Steps);
        var (rollout, update, training) = (steps.Sum(s => s.RolloutSeconds), steps.Sum(s => s.UpdateSeconds), run.Steps.Sum(s => s["step_time"]));
        var (rows, sampling) = (steps.Sum(s => s.RowTokens), run.Work.Tokens(WorkPurpose.RolloutPrefill) + run.Work.Tokens(WorkPurpose.RolloutDecode));
        var updated = steps.Any(s => s.LossTokens > 0);
        double Share(double operations, double tokens, double seconds) => operations * reporter.Parameters * tokens / seconds / matmulRate;
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
            UpdateTokensPerSecond = updated ? rows / update : 0,
            Tokens = run.Work.TokensByPurpose(),
            PeakMemoryBytes = PeakMemory(),
            MatmulRate = matmulRate,
            UpdateShareOfMatmulRate = updated ? Share(ForwardAndBackward, rows, update) : 0,
            UpdateWorkShareOfMatmulRate = Share(settings.Lora ? WithoutWeightGradients : ForwardAndBackward, run.Work.Tokens(WorkPurpose.Loss), update),
            RolloutWorkShareOfMatmulRate = Share(Forward, sampling, rollout),
            MatmulOperationsPerStep = training / steps.Count * matmulRate,
            Steps = steps,
        };
    }

    /// <summary>Writes it as JSON, under a temporary name first.</summary>
    public void Write(string path)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
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
