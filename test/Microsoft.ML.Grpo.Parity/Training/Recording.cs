namespace Microsoft.ML.Grpo.Parity;

/// <summary>What a replay hands out next, and which batch it handed out last: the one that rewards are asked about.</summary>
internal sealed class Recording
{
    private readonly IReadOnlySet<int> _endIds;
    private RecordedBatch? _current;

    /// <param name="run">The run.</param>
    /// <param name="endIds">Ids that end a completion, the pad token included.</param>
    public Recording(RecordedRun run, IReadOnlySet<int> endIds)
    {
        _endIds = endIds;
        Training = new(this, "rollouts", [.. run.TrainingBatches]);
        Evaluation = new(this, "evaluation batches", [.. run.EvaluationBatches]);
    }

    /// <summary>Samples training rollouts.</summary>
    public ReplayEngine Training { get; }

    /// <summary>Samples for evaluation.</summary>
    public ReplayEngine Evaluation { get; }

    /// <summary>The batch that was handed out last.</summary>
    public RecordedBatch Current
    {
        get => _current ?? throw new InvalidDataException("a reward was asked for before anything was sampled");
        set => _current = value;
    }

    /// <summary>Whether a completion ran into the limit of its length.</summary>
    public FinishReason FinishReason(IReadOnlyList<int> ids) => _endIds.Contains(ids[^1]) ? Grpo.FinishReason.Stop : Grpo.FinishReason.Length;
}
