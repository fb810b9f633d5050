namespace RealModel;

/// <summary>One step of the training.</summary>
internal sealed record StepFigures
{
    public required int Step { get; init; }

    /// <summary>Seconds of sampling.</summary>
    public required double RolloutSeconds { get; init; }

    /// <summary>Seconds of loss passes and the update.</summary>
    public required double UpdateSeconds { get; init; }

    /// <summary>Tokens that were sampled.</summary>
    public required double SampledTokens { get; init; }

    /// <summary>Tokens of all completions, each with its prompt: what a trainer that shares and skips nothing would push through the model.</summary>
    public required double RowTokens { get; init; }

    /// <summary>Tokens that the loss pass did push through the model.</summary>
    public required long LossTokens { get; init; }

    /// <summary>All metrics of the library, by its names; null: not known in this step.</summary>
    public required IReadOnlyDictionary<string, double?> Metrics { get; init; }

    public double? Metric(string name) => Metrics.GetValueOrDefault(name);
}
