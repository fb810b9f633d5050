using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Grpo;
using Spectre.Console;
using TorchSharp;

namespace RealModel;

/// <summary>Measure, train, measure again, save.</summary>
internal static class Run
{
    private const int Cancelled = 130; // what a shell reports for Ctrl+C

    public static int Do(RunSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            return Execute(settings, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Outputs.Errors.MarkupLine("[red]Cancelled before the first step.[/] Nothing was saved.");
            return Cancelled;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or TrainingException or NotSupportedException or InvalidOperationException or InvalidDataException)
        {
            Outputs.Errors.MarkupLineInterpolated($"[red]{error.Message}[/]");
            return 1;
        }
    }

    /// <summary>As <see cref="Do"/>, and throws what that tells.</summary>
    public static int Execute(RunSettings settings, CancellationToken cancellationToken)
    {
        Outputs.Check(settings); // before minutes of training, not after them
        var judge = new Judge(ScoringRules.All[settings.Rule], AnswerForm.All.First(form => form.Name == settings.Answer));
        if (settings.FormatWeight != 0 && !judge.HasForm)
        {
            throw new ArgumentException($"--format-weight is {settings.FormatWeight}, but --answer {settings.Answer} asks for no form: leave it out, or choose --answer tags or last-number.");
        }

        var training = Load(settings, settings.Train, judge, heldOut: false);
        if (training.Count < settings.PromptsPerRollout)
        {
            throw new ArgumentException($"'{settings.Train}' holds {training.Count} problems, but a step takes {settings.PromptsPerRollout}: give more problems, or --prompts-per-rollout {training.Count}.");
        }

        IReadOnlyList<Problem> heldOut = [.. Load(settings, settings.Test, judge, heldOut: true).Take(settings.LimitTest ?? int.MaxValue)];
        return Train(settings, judge, training, heldOut, cancellationToken);
    }

    private static IReadOnlyList<Problem> Load(RunSettings settings, string path, Judge judge, bool heldOut)
    {
        var problems = JsonLines.Read(path, settings.PromptColumn, settings.AnswerColumn, heldOut);
        judge.Check(problems, path);
        return problems;
    }

    private static int Train(RunSettings settings, Judge judge, IReadOnlyList<Problem> training, IReadOnlyList<Problem> heldOut, CancellationToken cancellationToken)
    {
        Outputs.Warn(settings);
        AnsiConsole.MarkupLineInterpolated($"Rule {settings.Rule}, answer {settings.Answer}, {Prompts(settings)}.");
        AnsiConsole.MarkupLineInterpolated($"{training.Count} problems to train on, {heldOut.Count} held out, such as \"{heldOut[0].Prompt.TrimEnd()}\" with the answer \"{heldOut[0].Answer}\".");
        var (commonest, right) = judge.Commonest(training, heldOut);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"Whoever gives the commonest answer of the training file, \"{commonest}\", to all held-out problems is right for {right:P1}.");
        var known = training.Select(problem => problem.Prompt).ToHashSet(StringComparer.Ordinal);
        if (heldOut.Count(problem => known.Contains(problem.Prompt)) is > 0 and var seen)
        {
            Outputs.Errors.MarkupLineInterpolated($"[yellow]{seen} of the held-out problems are in the training file too: on them, learning by heart looks like skill.[/]");
        }

        var clock = Stopwatch.StartNew();
        TorchRuntime.Initialize();
        if (settings.Threads is { } threads)
        {
            TorchRuntime.SetThreads(threads);
        }

        var rateBefore = MatmulRate.Measure();
        var ml = new MLContext(settings.Seed);
        var reporter = new StepReporter(settings.GroupSize, settings.PromptsPerRollout);
        var record = new HeldOutRecord(judge, heldOut.Count, settings.Samples, untrained => WarnIfHopeless(settings, untrained));
        var options = RunOptions.Of(settings, judge, record, reporter, ml.Data.LoadFromEnumerable(heldOut), cancellationToken);
        using var policy = Fit(ml.Transforms.TrainGrpo(options), settings, training, heldOut, ml);
        var run = policy.Training!;
        if (run.Steps.Count == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        var measured = record.Evaluations.Count >= 2;
        if (!measured && !cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException($"The held-out problems were measured {record.Evaluations.Count} times in {run.Steps.Count} steps, and not before and after.");
        }

        // What was found is told first: saving may fail. And what was trained is saved if telling fails.
        try
        {
            if (measured)
            {
                var result = RunResult.Of(settings, run, reporter, record, Math.Max(rateBefore, MatmulRate.Measure()), clock.Elapsed, torch.get_num_threads());
                ResultTables.Print(result, heldOut);
                if (settings.Result is { } path)
                {
                    result.Write(path);
                    AnsiConsole.MarkupLineInterpolated($"Result written to {path}.");
                }
            }
        }
        finally
        {
            if (settings.Save is { } save)
            {
                Save(policy, save);
            }
        }

        if (!measured)
        {
            Outputs.Errors.MarkupLineInterpolated($"[red]Cancelled[/] after step {run.Steps.Count} of {settings.Steps}, and not measured again{(settings.Result is null ? "" : ", so that there is no result to write")}.");
        }

        return measured ? 0 : Cancelled;
    }

    private static GrpoTransformer Fit(GrpoEstimator estimator, RunSettings settings, IReadOnlyList<Problem> training, IReadOnlyList<Problem> heldOut, MLContext ml)
    {
        try
        {
            return estimator.Fit(ml.Data.LoadFromEnumerable(training));
        }
        catch (OverlongPromptException error)
        {
            var (problems, path) = error.IsValidation ? (heldOut, settings.Test) : (training, settings.Train);
            throw new ArgumentException(
                $"The problem in line {problems[(int)error.Row].Line} of '{path}' has {error.Tokens} tokens, more than the {error.Limit} that --max-tokens {settings.MaxTokens} leaves of the model's context. Shorten it, delete the line, or lower --max-tokens.",
                error);
        }
    }

    private static string Prompts(RunSettings settings) =>
        settings.Raw ? "prompts as raw text" : settings.System is { } system ? $"system message \"{system}\"" : "no system message but what the model's chat template brings";

    private static void WarnIfHopeless(RunSettings settings, HeldOutFigures untrained)
    {
        if (untrained.CorrectOnce == 0 && settings is { Reward: RunSettings.OfCorrectness, RandomReward: false })
        {
            Outputs.Errors.MarkupLine("[yellow]No sampled answer to any held-out problem is correct, and completions that are all wrong teach nothing by correctness. "
                + "Look at the answers below; take --reward score with a rule that has partial credit (contains, decimal, positions, palindrome, word-list), easier problems, or another --answer, --system or --max-tokens.[/]");
        }
    }

    /// <summary>The whole model, with an adapter merged into it, and the adapter alone where there is one.</summary>
    private static void Save(GrpoTransformer policy, string directory)
    {
        policy.SavePretrained(Path.Combine(directory, Outputs.Model));
        if (policy.HasAdapter)
        {
            policy.SaveAdapter(Path.Combine(directory, Outputs.Adapter));
        }

        AnsiConsole.MarkupLineInterpolated($"Saved to {directory}.");
    }
}
