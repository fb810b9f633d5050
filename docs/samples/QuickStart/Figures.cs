using System.Text.Json;
using Microsoft.ML.Grpo;
using Spectre.Console;

namespace QuickStart;

/// <summary>What a run did to the policy.</summary>
internal sealed record Figures
{
    private const int Shown = 5;
    private const int Characters = 100;
    private const string LogProbDifference = "sampling/sampling_logp_difference/mean";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public required double SampledBefore { get; init; }

    public required double SampledAfter { get; init; }

    public required double SampledBeforeInterval { get; init; }

    public required double SampledAfterInterval { get; init; }

    public required double GreedyBefore { get; init; }

    public required double GreedyAfter { get; init; }

    public required double PassAt8Before { get; init; }

    public required double PassAt8After { get; init; }

    public required double SharpenedBefore { get; init; }

    public required double LengthBefore { get; init; }

    public required double LengthAfter { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Seconds of the steps alone.</summary>
    public required double TrainingSeconds { get; init; }

    /// <summary>Mean over the run of the distance between the sampler's log-probs and the trainer's, in nats a token; null where none is known.</summary>
    public required double? LogRatio { get; init; }

    public required int Steps { get; init; }

    public required long Seed { get; init; }

    public required long ScoringForwards { get; init; }

    public required long ScoreTokens { get; init; }

    public required long LossTokens { get; init; }

    public required IReadOnlyDictionary<string, long> Tokens { get; init; }

    public static Figures Of(TrainingSummary run, string reward, double sharpened, TimeSpan time)
    {
        var (before, after) = (run.InitialEvaluation, run.Steps[^1]);
        double[] differences = [.. run.Steps.Select(step => step.GetValueOrDefault(LogProbDifference, double.NaN)).Where(d => !double.IsNaN(d))];
        return new()
        {
            SampledBefore = before[$"eval_rewards/{reward}/mean"],
            SampledAfter = after[$"eval_rewards/{reward}/mean"],
            SampledBeforeInterval = before[$"eval_rewards/{reward}/ci95"],
            SampledAfterInterval = after[$"eval_rewards/{reward}/ci95"],
            GreedyBefore = before[$"eval_greedy_rewards/{reward}/mean"],
            GreedyAfter = after[$"eval_greedy_rewards/{reward}/mean"],
            PassAt8Before = before[$"eval_rewards/{reward}/best"],
            PassAt8After = after[$"eval_rewards/{reward}/best"],
            SharpenedBefore = sharpened,
            LengthBefore = before["eval_completions/mean_length"],
            LengthAfter = after["eval_completions/mean_length"],
            Seconds = time.TotalSeconds,
            TrainingSeconds = run.Steps.Sum(step => step["step_time"]),
            LogRatio = differences.Length > 0 ? differences.Average() : null, // JSON has no NaN
            Steps = run.Steps.Count,
            Seed = run.Seed,
            ScoringForwards = run.Work.Passes(WorkPurpose.Score),
            ScoreTokens = run.Work.Tokens(WorkPurpose.Score),
            LossTokens = run.Work.Tokens(WorkPurpose.Loss),
            Tokens = run.Work.TokensByPurpose(),
        };
    }

    /// <summary>Prints tables and some completions.</summary>
    public void Print(IReadOnlyList<Problem> problems, IReadOnlyList<string> before, IReadOnlyList<string> after)
    {
        var examples = new Table().AddColumns("problem", "answer", "greedy before", "greedy after");
        for (var i = 0; i < Math.Min(Shown, problems.Count); i++)
        {
            examples.AddRow(Markup.Escape(OneLine(problems[i].Prompt)), Markup.Escape(OneLine(problems[i].Answer)), Markup.Escape(OneLine(before[i])), Markup.Escape(OneLine(after[i])));
        }

        AnsiConsole.Write(examples);
        var work = new Table().AddColumns("tokens through the model", "");
        foreach (var (purpose, count) in Tokens.Where(t => t.Value > 0))
        {
            work.AddRow(purpose, $"{count:N0}");
        }

        AnsiConsole.Write(work);
        var table = new Table().AddColumns("on held-out problems", "before", "after");
        table.AddRow("right, sampled (95 % interval)", $"{SampledBefore:P1} ± {100 * SampledBeforeInterval:F1}", $"{SampledAfter:P1} ± {100 * SampledAfterInterval:F1}");
        table.AddRow("right, greedy", $"{GreedyBefore:P1}", $"{GreedyAfter:P1}");
        table.AddRow("right at least once in 8 samples", $"{PassAt8Before:P1}", $"{PassAt8After:P1}");
        table.AddRow("right, sampled at temperature 0.3 (sharpening alone)", $"{SharpenedBefore:P1}", "");
        table.AddRow("mean length, tokens", $"{LengthBefore:F2}", $"{LengthAfter:F2}");
        AnsiConsole.Write(table);
        AnsiConsole.MarkupLineInterpolated($"{Steps} steps in {TrainingSeconds:F1} s, {Seconds:F1} s with measuring. Scoring forwards run: {ScoringForwards}.");
        AnsiConsole.MarkupLineInterpolated($"Sampler against trainer, mean |log ρ|: {(LogRatio is { } ratio ? $"{ratio:G2} nats a token" : "not known")}. Score tokens: {ScoreTokens:N0}, loss tokens: {LossTokens:N0}.");
    }

    // What a model says may be long, and may hold what a terminal takes for a command.
    private static string OneLine(string text) =>
        string.Concat(text.Take(Characters).Select(c => char.IsControl(c) ? ' ' : c)) + (text.Length > Characters ? " ..." : "");

    /// <summary>Writes the figures as JSON, under a temporary name first.</summary>
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
}
