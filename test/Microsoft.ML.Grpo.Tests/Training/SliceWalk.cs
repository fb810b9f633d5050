using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>One update over one rollout, made slice by slice, and what was known before each slice.</summary>
internal sealed class SliceWalk : IDisposable
{
    private readonly TinyRun _run;
    private readonly StepMetrics _metrics = new();
    private readonly List<Dictionary<string, int>> _counts = [];
    private readonly PolicyOptimizer _optimizer;
    private readonly UpdateStage _stage;
    private TrainingBatch? _batch;
    private Action<double[]>? _onLosses;

    public SliceWalk(Action<GrpoOptions> change)
    {
        var policy = TinyPolicy.Create();
        _run = new(change, policy: policy);
        var options = _run.Options;
        if (options.Lora is { } lora)
        {
            RandomAdapter.AttachTo(policy.Network, lora.ToSettings());
        }

        OptionRules.Check(options);
        Schedule = options.ResolveSchedule();
        var plan = ForwardPlan.For(new(Schedule, options.ResolveCorrection().IsOn, false) { Route = options.ImportanceSampling.Route });
        var loss = new LossStage(policy.Network, null, options.Loss.ToObjective(options.ResolveCorrection()), plan, options.Execution.ToPasses(1), 7, Work);
        _optimizer = new(policy.Network.Trained, options.Optimizer);
        _stage = new(options, Schedule, plan, loss, _optimizer, new(1e-3, LearningRateSchedule.Constant, 0, 10), null, null, Work, new(_run.Log, options.Loss), new() { Updated = (_, losses) => _onLosses?.Invoke([.. losses]) });
    }

    public Schedule Schedule { get; }

    public WorkCounters Work { get; } = new();

    public IReadOnlyDictionary<string, double> Metrics => _metrics.ToDictionary();

    public TrainingBatch Batch => _batch!;

    /// <summary>Makes the first update.</summary>
    /// <param name="afterFirstWalk">Called before the first slice of the second walk.</param>
    /// <param name="onLosses">Told the slices' losses.</param>
    public void Update(Action? afterFirstWalk = null, Action<double[]>? onLosses = null)
    {
        _run.Policy.Network.RequireGradients(true);
        _onLosses = onLosses;
        _stage.Run(1, UpdateWindows.OfSteps(Schedule, 1).Single(), Rollout, Check, _metrics);

        void Check()
        {
            _counts.Add(_metrics.Counts());
            if (_counts.Count == Schedule.SlicesPerRollout + 1)
            {
                afterFirstWalk?.Invoke();
            }
        }
    }

    /// <summary>The values of a metric, slice by slice.</summary>
    public IReadOnlyList<double> SliceMetrics(string name) => _metrics.Values(name);

    /// <summary>How many values a metric had before each micro-batch, and before the update.</summary>
    public int[] CountsBeforeSlices(string name) => [.. _counts.Select(c => c.GetValueOrDefault(name))];

    /// <summary>The statistics of the rollout by their formulas, with the log-probs of the weights that sampled, each row alone.</summary>
    public Dictionary<string, double> WholeBatchStatistics()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var sampling = TinyPolicy.Create();
        var settings = _run.Options.ResolveCorrection();
        var (differences, ratios) = (new List<double>(), new List<double>());
        foreach (var row in Batch.Rows)
        {
            var (lp, _) = SequenceScorer.Score(sampling.Network, [row.Sequence], new PassSettings(1, int.MaxValue), new(), WorkPurpose.Score);
            var logs = Near.Doubles(lp).Zip(row.Completion.LogProbs!, (old, smp) => old - smp).ToArray();
            differences.AddRange(logs.Select(Math.Abs));
            ratios.AddRange((settings.OfSequences ? [logs.Sum()] : logs).Select(log => Bounded(Math.Exp(log))));
        }

        return new()
        {
            ["sampling/sampling_logp_difference/mean"] = differences.Average(),
            ["sampling/sampling_logp_difference/max"] = differences.Max(),
            ["sampling/importance_sampling_ratio/min"] = ratios.Min(),
            ["sampling/importance_sampling_ratio/mean"] = ratios.Average(),
            ["sampling/importance_sampling_ratio/max"] = ratios.Max(),
        };

        double Bounded(double ratio) => settings.Mode is CorrectionMode.TokenTruncate or CorrectionMode.SequenceTruncate
            ? Math.Clamp(ratio, settings.MinRatio!.Value, settings.MaxRatio!.Value)
            : ratio < settings.MinRatio || ratio > settings.MaxRatio ? 0 : ratio;
    }

    public void Dispose()
    {
        _stage.Dispose();
        _optimizer.Dispose();
        _run.Dispose();
    }

    private TrainingBatch Rollout(long number)
    {
        var options = _run.Options;
        var order = new RunRandom(3).Permutation(DrawPurpose.RowOrder, number, options.GroupSize * options.PromptsPerRollout);
        var stage = new RolloutStage(new NoisyEngine(_run.Policy), _run.Policy.Tokenizer, new([.. options.Rewards]), options.Loss, new(7));
        var prompts = TinyRun.Prompts(options.PromptsPerRollout).Select(p => new PreparedPrompt(p, _run.Policy.Prompts.Build(p.Prompt))).ToArray();
        var scored = stage.Run(prompts, options.GroupSize, options.Sampling.ToParameters(8, _run.Policy.StopIds), DrawPurpose.Training, number, null, default);
        return _batch = new(scored, number, order, options.Loss.MaskTruncatedCompletions, _run.Policy.Network.Dtype, _run.Policy.Network.Device);
    }
}
