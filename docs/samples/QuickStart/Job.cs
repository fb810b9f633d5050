using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Grpo;
using Spectre.Console;

namespace QuickStart;

/// <summary>What the command line asks for.</summary>
internal sealed record JobOptions
{
    public string? Model { get; init; }

    public string? Data { get; init; }

    public string? Extract { get; init; }

    public int Steps { get; init; }

    public int Seed { get; init; }

    public double? LearningRate { get; init; }

    public int? MaxCompletionTokens { get; init; }

    public int? Threads { get; init; }

    public bool RandomReward { get; init; }

    public bool RoundedSampler { get; init; }

    public CorrectionMode? Correction { get; init; }

    public CorrectionRoute Route { get; init; }

    public int? Gpu { get; init; }

    public required string Save { get; init; }

    public string? Result { get; init; }
}

/// <summary>Measure, train, measure again, save, load, predict.</summary>
internal static class Job
{
    public const int DefaultSteps = 250;

    // The toy's; a pretrained model would not survive the one, nor come to its answer with the other.
    private const double ToyLearningRate = 5e-4;
    private const int ToyCompletionTokens = 6;
    private const int OwnCompletionTokens = 64;

    private const int Samples = 8;
    private const string Accuracy = "accuracy";
    private const int Cancelled = 130; // what a shell reports for Ctrl+C

    public static int Run(JobOptions job, CancellationToken cancellationToken)
    {
        var toy = Path.Combine(AppContext.BaseDirectory, "TinyAdder");
        AnsiConsole.MarkupLine(job.Model is null
            ? "[yellow]This is a toy:[/] a tiny language model that a sloppy teacher taught to add two-digit numbers. GRPO now teaches it better, from nothing but right or wrong."
            : $"[yellow]This is a demonstration[/] on {Markup.Escape(job.Model)}.");
        try
        {
            Outputs.Check(job.Save, job.Result); // before minutes of training, not after them
            var ml = new MLContext(job.Seed) { GpuDeviceId = job.Gpu, FallbackToCpu = false };
            var (training, heldOut) = job.Data is null
                ? (Problems.Load(Path.Combine(toy, "problems.train.tsv")), Problems.Load(Path.Combine(toy, "problems.heldout.tsv")))
                : Problems.Split(Problems.Load(job.Data), job.Seed);
            if (job.Model is not null && job.Data is null)
            {
                AnsiConsole.WriteLine("No --data: the toy's additions are the problems.");
            }

            return Train(ml, job, job.Model ?? toy, training, heldOut, cancellationToken);
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

    private static int Train(MLContext ml, JobOptions job, string model, IReadOnlyList<Problem> training, IReadOnlyList<Problem> heldOut, CancellationToken cancellationToken)
    {
        var (trainingData, heldOutData) = (ml.Data.LoadFromEnumerable(training), ml.Data.LoadFromEnumerable(heldOut));
        AnsiConsole.MarkupLineInterpolated($"{training.Count} problems to train on, {heldOut.Count} held out, such as \"{heldOut[0].Prompt}\" with the answer \"{heldOut[0].Answer}\".");
        var clock = Stopwatch.StartNew();
        using var display = new LiveDisplay(Accuracy);
        var options = new GrpoOptions
        {
            ModelPath = model,
            GroupSize = Samples,
            PromptsPerRollout = Math.Min(32, training.Count),
            Steps = job.Steps,
            MaxCompletionTokens = job.MaxCompletionTokens ?? (job.Model is null ? ToyCompletionTokens : OwnCompletionTokens),
            Seed = job.Seed,
            Optimizer = { LearningRate = job.LearningRate ?? (job.Model is null ? ToyLearningRate : null), Schedule = LearningRateSchedule.Cosine, WarmupSteps = Math.Min(10, job.Steps - 1) },
            RolloutEngine = job.RoundedSampler ? new RoundedRolloutEngine() : null,
            ImportanceSampling = { Mode = job.Correction, Route = job.Route },
            Evaluation = { ValidationData = heldOutData, Samples = Samples },
            Execution = { Threads = job.Threads ?? (job.Model is null ? 1 : null) },
            Logger = display,
            Progress = display,
            CancellationToken = cancellationToken,
            OnCancel = CancellationBehavior.ReturnLastStep,
        };
        var coin = new Random(job.Seed);
        if (job.RandomReward)
        {
            options.Rewards.Add(Reward.FromFunction("coin", (RewardSample _) => coin.Next(2)));
        }

        options.Rewards.Add(Reward.ExactMatch("Answer", job.Extract, weight: job.RandomReward ? 0 : 1, name: Accuracy));

        using var untrained = Untrained(ml, options, temperature: 0);
        var before = Completions(ml, untrained, heldOutData, cancellationToken);
        double sharpened;
        using (var cold = Untrained(ml, options, temperature: 0.3))
        {
            sharpened = Right(Completions(ml, cold, heldOutData, cancellationToken), heldOut, job.Extract);
        }

        using var policy = display.While(() => ml.Transforms.TrainGrpo(options).Fit(trainingData));
        var run = policy.Training!;
        if (run.Steps.Count == 0)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        ml.Model.SaveAtomically(policy, trainingData.Schema, job.Save);
        if (cancellationToken.IsCancellationRequested)
        {
            Outputs.Errors.MarkupLineInterpolated($"[red]Cancelled.[/] The policy of step {run.Steps.Count} of {job.Steps} is saved to {job.Save}.");
            return Cancelled;
        }

        var figures = Figures.Of(run, Accuracy, sharpened, clock.Elapsed);
        figures.Print(heldOut, before, Completions(ml, policy, heldOutData, cancellationToken));
        if (job.RandomReward)
        {
            var change = 100 * (figures.SampledAfter - figures.SampledBefore);
            AnsiConsole.WriteLine($"Control: on coin tosses the share of right answers {(change < 0 ? "fell" : "rose")} by {Math.Abs(change):F1} points. More than 5 up would mean that something but the reward teaches.");
        }

        if (job.Result is not null)
        {
            figures.Write(job.Result);
        }

        // The engine disposes the transformer that it was made from.
        using var engine = ml.Model.CreatePredictionEngine<Problem, Solution>(ml.Model.Load(job.Save, out _));
        AnsiConsole.MarkupLineInterpolated($"Saved to {job.Save} and loaded again: {heldOut[0].Prompt} {engine.Predict(heldOut[0]).Completion}");
        return 0;
    }

    /// <summary>The model as it is, completing greedily (0) or at a temperature.</summary>
    private static GrpoTransformer Untrained(MLContext ml, GrpoOptions options, double temperature) => ml.Transforms.LoadGrpoPolicy(new GrpoOptions
    {
        ModelPath = options.ModelPath,
        Generation = { Temperature = temperature, MaxCompletionTokens = options.MaxCompletionTokens, BatchSize = 256 },
        Execution = { Threads = options.Execution.Threads },
    });

    private static string[] Completions(MLContext ml, GrpoTransformer policy, IDataView data, CancellationToken cancellationToken) =>
        [.. ml.Data.CreateEnumerable<Solution>(policy.Transform(data), reuseRowObject: false).Select(row =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return row.Completion;
        })];

    private static double Right(string[] completions, IReadOnlyList<Problem> problems, string? extract)
    {
        var scores = Reward.ExactMatch("Answer", extract).ScoreAsync(
            [.. completions.Select((text, i) => new RewardSample(problems[i].Prompt, text, [], FinishReason.Stop, i, 0, new Dictionary<string, object?> { ["Answer"] = problems[i].Answer }))],
            CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return scores.Average(score => score ?? 0);
    }
}
