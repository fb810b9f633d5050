using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>What a replayed run came to.</summary>
/// <param name="Steps">The run before the first update, and after each.</param>
/// <param name="Metrics">Of each update.</param>
/// <param name="InitialMetrics">Of the evaluation before the first; empty: there was none.</param>
/// <param name="FirstWeights">The first weights of every trained parameter at the end.</param>
/// <param name="WeightDecays">The weight decay of every trained parameter.</param>
/// <param name="Aligned">Whether the weights never change while a rollout is in use.</param>
/// <param name="Work">Tokens by purpose.</param>
/// <param name="HandedOut">How much of the recording was used; null: all.</param>
internal sealed record Replay(
    IReadOnlyList<ReplayedStep> Steps,
    IReadOnlyList<IReadOnlyDictionary<string, double>> Metrics,
    IReadOnlyDictionary<string, double> InitialMetrics,
    IReadOnlyDictionary<string, IReadOnlyList<double>> FirstWeights,
    IReadOnlyDictionary<string, double> WeightDecays,
    bool Aligned,
    WorkCounters Work,
    string? HandedOut)
{
    private const int FirstCount = 6;

    /// <summary>Runs the trainer over a recording.</summary>
    /// <param name="run">The recording.</param>
    /// <param name="modelPath">The model's directory.</param>
    /// <param name="adapterPath">The adapter as it starts; null: all weights are trained.</param>
    /// <param name="variant">How.</param>
    public static Replay Run(RecordedRun run, string modelPath, string? adapterPath, ReplayVariant variant)
    {
        using var scope = NewDisposeScope();
        var dtype = run.Dtype == "float64" ? ScalarType.Float64 : ScalarType.Float32;
        using var policy = Policy.Load(modelPath, dtype, CPU, PromptFormat.Raw, null, []);
        if (adapterPath is not null)
        {
            StartingAdapter.Attach(policy.Network, adapterPath);
        }

        var parameters = policy.Network.Trained;
        HashSet<int> endIds = [.. policy.StopIds];
        if (policy.Network.Config.PadTokenId is { } pad)
        {
            endIds.Add(pad);
        }

        var recording = new Recording(run, endIds);
        var options = ReplayOptions.Of(run, ReplayReward.Of(run, recording), modelPath, variant);
        var evaluations = RecordedEvaluations.Of(run, options.ResolvedEvaluationSamples);
        var work = new WorkCounters();
        var steps = new List<ReplayedStep> { ReplayedStep.Before(parameters) };
        var clipped = 0.0;
        var seams = new TrainerSeams
        {
            OptionsAsTheyAre = true,
            Engine = recording.Training,
            EvaluationEngine = recording.Evaluation,
            Prompts = rollout => ReplayPrompts.Of(run.TrainingBatches.ElementAt((int)rollout), options.GroupSize),
            RowOrder = rollout => run.Orders[(int)rollout],
            WindowLengths = [.. run.Updates.Select(step => step.MicroLosses!.Count)],
            EvaluationBatches = evaluations?.Batches,
            EvaluationWeights = evaluations?.Weights,
            EvaluateAt = step => evaluations?.Steps.Contains(step) ?? false,
            GradientsReady = _ => clipped = ReplayedStep.GradientNorm(parameters.Values),
            Updated = (_, losses) => steps.Add(new(WeightSums.Of(parameters), clipped, losses)),
        };
        PromptRow[] rows = [.. run.TrainingBatches.SelectMany(batch => ReplayPrompts.Of(batch, options.GroupSize)).Select(prompt => prompt.Row)];
        using var trainer = new GrpoTrainer(policy, options, seed: 0, rows, validation: null, NullLogger.Instance, work, () => { }, seams);
        var summary = trainer.Run();
        return new(
            steps, summary.Steps, summary.InitialEvaluation,
            parameters.ToDictionary(p => p.Key, p => (IReadOnlyList<double>)[.. p.Value.detach().flatten().to(ScalarType.Float64).data<double>().Take(FirstCount)]),
            parameters.Keys.ToDictionary(name => name, name => PolicyOptimizer.Decays(name) ? options.Optimizer.WeightDecay : 0),
            options.ResolveSchedule().Aligned,
            work,
            recording.Training.Exhausted && recording.Evaluation.Exhausted ? null : $"{recording.Training.Progress} and {recording.Evaluation.Progress} were replayed");
    }
}
