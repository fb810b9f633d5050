using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A short run of the loop on <see cref="TinyPolicy"/>, with all that it leaves behind.</summary>
internal sealed class TinyRun : IDisposable
{
    public TinyRun(Action<GrpoOptions>? change = null, ScalarType dtype = ScalarType.Float64, Policy? policy = null, long seed = 7)
    {
        (Policy, Seed) = (policy ?? TinyPolicy.Create(dtype), seed);
        Options = new()
        {
            ModelPath = "tiny",
            PromptFormat = PromptFormat.Raw,
            GroupSize = 4,
            PromptsPerRollout = 4,
            MaxCompletionTokens = 8,
            Optimizer = { LearningRate = 2e-3, WarmupSteps = 0 },
        };
        change?.Invoke(Options);
        if (Options is { Steps: null, Epochs: null })
        {
            Options.Steps = 3;
        }

        if (Options.Rewards.Count == 0)
        {
            Options.Rewards.Add(Share);
        }
    }

    /// <summary>Share of a completion's tokens below 128.</summary>
    public static Reward Share { get; } = Reward.FromFunction("share", s => s.CompletionIds.Count(i => i < 128) / (double)s.CompletionIds.Count);

    public Policy Policy { get; }

    public GrpoOptions Options { get; }

    public long Seed { get; }

    public WorkCounters Work { get; } = new();

    public LogLines Log { get; } = new();

    public IReadOnlyList<PromptRow> Rows { get; init; } = Prompts(10);

    public IReadOnlyList<PromptRow>? Validation { get; init; }

    public IRolloutEngine? Engine { get; init; }

    public TrainerSeams Seams { get; init; } = new();

    /// <summary>Called where a host may stop the run: before every micro-batch, and before every update.</summary>
    public Action CheckHost { get; init; } = () => { };

    public double[] Weights => TinyPolicy.Weights(Policy);

    /// <summary>Prompts of 1 to 23 tokens.</summary>
    public static IReadOnlyList<PromptRow> Prompts(int count, int first = 0) =>
        [.. Enumerable.Range(first, count).Select(i => new PromptRow(i - first, new string((char)('a' + (i % 26)), 1 + (i * 7 % 23)), new Dictionary<string, object?>()))];

    public TrainingSummary Train()
    {
        if (Validation is not null)
        {
            // The trainer is given the rows themselves; the rules want to see that there are some.
            Options.Evaluation.ValidationData = new MLContext().Data.LoadFromEnumerable(new[] { new Question() });
        }

        OptionRules.Check(Options);
        using var trainer = new GrpoTrainer(Policy, Options, Seed, Rows, Validation, Log, Work, CheckHost, Seams with { Engine = Engine ?? Seams.Engine });
        return trainer.Run();
    }

    /// <summary>Trains and gives the weights; everything else is gone.</summary>
    public static double[] WeightsAfter(Action<GrpoOptions>? change = null, ScalarType dtype = ScalarType.Float64, long seed = 7)
    {
        using var run = new TinyRun(change, dtype, seed: seed);
        run.Train();
        return run.Weights;
    }

    public void Dispose() => Policy.Dispose();
}

/// <summary>Keeps log lines.</summary>
internal sealed class LogLines : ILogger
{
    private readonly List<(LogLevel Level, string Text)> _lines = [];

    /// <summary>Called with each line, on the thread that writes it.</summary>
    public Action<string>? OnLine { get; set; }

    public IReadOnlyList<string> All => [.. _lines.Select(l => l.Text)];

    public IReadOnlyList<string> Warnings => [.. _lines.Where(l => l.Level >= LogLevel.Warning).Select(l => l.Text)];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _lines.Add((logLevel, formatter(state, exception)));
        OnLine?.Invoke(_lines[^1].Text);
    }
}

/// <summary>Calls a function with each report, on the training thread.</summary>
internal sealed class ProgressCall(Action<GrpoProgress> call) : IProgress<GrpoProgress>
{
    public void Report(GrpoProgress value) => call(value);
}

/// <summary>Gives completions that were made up beforehand, so that a test knows them.</summary>
/// <param name="complete">Ids and finish reason for a rollout, a place and a generation.</param>
internal sealed class ScriptedEngine(Func<long, int, int, (int[] Ids, FinishReason Reason)> complete) : IRolloutEngine
{
    public ValueTask<IReadOnlyList<PromptGroup>> SampleAsync(RolloutRequest request, CancellationToken cancellationToken) => new(
        [.. request.Prompts.Select(prompt => new PromptGroup(prompt, [.. Enumerable.Range(0, request.GroupSize).Select(g =>
        {
            var (ids, reason) = complete(request.Rollout, prompt.Place, g);
            return new Completion(ids, [.. ids.Select(_ => -3.0)], reason);
        })]))]);

    /// <summary>Completions of 1 to <paramref name="longest"/> tokens; every third that is longest was cut.</summary>
    public static ScriptedEngine Ragged(int longest) => new((rollout, place, generation) =>
    {
        var random = new RunRandom(99);
        int Draw(int position, int below) => (int)(random.Uniform(DrawPurpose.Check, rollout, place, generation, position) * below);
        var ids = Enumerable.Range(1, 1 + Draw(0, longest)).Select(t => 40 + Draw(t, 200)).ToArray();
        return (ids, Draw(100, 3) == 0 ? FinishReason.Length : FinishReason.Stop);
    });
}
