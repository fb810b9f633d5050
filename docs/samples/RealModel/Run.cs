using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Grpo;
using Spectre.Console;
using TorchSharp;

namespace RealModel;

/// <summary>Measure, train, measure again, save.</summary>
internal static class Run
{
    private const string Score = "score";
    private const string Format = "format";
    private const int Cancelled = 130; // what a shell reports for Ctrl+C

    public static int Do(RunSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            Outputs.Check(settings.Save, settings.Result); // before minutes of training, not after them
            var judge = new Judge(ScoringRules.All[settings.Rule], AnswerForm.All.First(form => form.Name == settings.Answer));
            if (settings.FormatWeight != 0 && !judge.HasForm)
            {
                throw new ArgumentException($"--format-weight is {settings.FormatWeight}, but --answer {settings.Answer} asks for no form: leave it out, or choose --answer tags or last-number.");
            }

            var training = Load(settings, settings.Train, judge, heldOut: false);
            IReadOnlyList<Problem> heldOut = [.. Load(settings, settings.Test, judge, heldOut: true).Take(settings.LimitTest ?? int.MaxValue)];
            return Train(settings, judge, training, heldOut, cancellationToken);
        }
        catch (OperationCanceledException)
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

    private static IReadOnlyList<Problem> Load(RunSettings settings, string path, Judge judge, bool heldOut)
    {
        var problems = JsonLines.Read(path, settings.PromptColumn, settings.AnswerColumn, heldOut);
        judge.Check(problems, path);
        return problems;
    }

    private static int Train(RunSettings settings, Judge judge, IReadOnlyList<Problem> training, IReadOnlyList<Problem> heldOut, CancellationToken cancellationToken)
    {
        AnsiConsole.MarkupLineInterpolated($"{training.Count} problems to train on, {heldOut.Count} held out, such as \"{heldOut[0].Prompt.TrimEnd()}\" with the answer \"{heldOut[0].Answer}\".");
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
        var record = new HeldOutRecord(judge, heldOut.Count, settings.Samples);
        var reporter = new StepReporter(settings.GroupSize, settings.PromptsPerRollout);
        using var policy = ml.Transforms.TrainGrpo(Options(settings, judge, record, reporter, ml.Data.LoadFromEnumerable(heldOut), cancellationToken)).Fit(ml.Data.LoadFromEnumerable(training));
        var run = policy.Training!;
        if (run.Steps.Count == 0)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        if (settings.Save is { } save)
        {
            Save(policy, save);
        }

        if (record.Evaluations.Count < 2)
        {
            Outputs.Errors.MarkupLineInterpolated($"[red]Cancelled[/] after step {run.Steps.Count} of {settings.Steps}, and not measured again.");
            return Cancelled;
        }

        var result = RunResult.Of(settings, run, reporter, record, Math.Max(rateBefore, MatmulRate.Measure()), clock.Elapsed, torch.get_num_threads());
        ResultTables.Print(result, heldOut);
        if (settings.Result is { } path)
        {
            result.Write(path);
        }

        return 0;
    }

    private static GrpoOptions Options(RunSettings settings, Judge judge, HeldOutRecord record, StepReporter reporter, IDataView heldOut, CancellationToken cancellationToken)
    {
        var options = new GrpoOptions
        {
            ModelPath = settings.Model,
            SystemPrompt = settings.System,
            GroupSize = settings.GroupSize,
            PromptsPerRollout = settings.PromptsPerRollout,
            MaxCompletionTokens = settings.MaxTokens,
            Steps = settings.Steps,
            Seed = settings.Seed,
            Lora = settings.Lora ? new() { Rank = RunSettings.LoraRank, Alpha = RunSettings.LoraAlpha } : null,
            Sampling = { Temperature = settings.Temperature },
            Optimizer = { LearningRate = settings.LearningRate, WarmupSteps = settings.WarmupSteps },
            Evaluation = { ValidationData = heldOut, Samples = settings.Samples },
            Execution = { Threads = settings.Threads },
            Logger = reporter,
            Progress = reporter,
            CancellationToken = cancellationToken,
            OnCancel = CancellationBehavior.ReturnLastStep,
        };

        // What does not teach is measured all the same, with no weight.
        double Weight(bool teaches, double weight = 1) => teaches && !settings.RandomReward ? weight : 0;
        options.Rewards.Add(record.ToReward(Weight(settings.Reward == RunSettings.OfCorrectness)));
        options.Rewards.Add(Reward.FromFunction(Score, (RewardSample sample) => judge.Score(sample), Weight(settings.Reward == RunSettings.OfScore), Judge.Columns));
        if (judge.HasForm)
        {
            options.Rewards.Add(Reward.FromFunction(Format, (RewardSample sample) => judge.IsFormatted(sample), Weight(true, settings.FormatWeight)));
        }

        if (settings.RandomReward)
        {
            options.Rewards.Add(RandomReward.Create(settings.Seed));
        }

        return options;
    }

    /// <summary>The whole model, with an adapter merged into it, and the adapter alone where there is one.</summary>
    private static void Save(GrpoTransformer policy, string directory)
    {
        policy.SavePretrained(Path.Combine(directory, "model"));
        if (policy.HasAdapter)
        {
            policy.SaveAdapter(Path.Combine(directory, "adapter"));
        }

        AnsiConsole.MarkupLineInterpolated($"Saved to {directory}.");
    }
}
