namespace Microsoft.ML.Grpo;

/// <summary>How tokens are drawn.</summary>
internal sealed record SamplingParameters
{
    /// <summary>The lowest that may be asked for. Far below it, logits divided by the temperature are beyond float32, and long before that the draw is greedy.</summary>
    public const double LeastTemperature = 1e-4;

    /// <summary>Divides the logits; 0 = always the most likely token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the k most likely tokens may be drawn; null = all.</summary>
    public int? TopK { get; init; }

    /// <summary>Only the smallest set of most likely tokens that holds this probability; null = all.</summary>
    public double? TopP { get; init; }

    /// <summary>Only tokens with at least this share of the most likely token's probability; null = all.</summary>
    public double? MinP { get; init; }

    /// <summary>Most tokens of a completion, its stop token included.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Ids that end a completion.</summary>
    public required IReadOnlySet<int> StopIds { get; init; }

    /// <summary>No draw is made.</summary>
    public bool Greedy => Temperature == 0;

    /// <summary>The temperature of the distribution that log-probs refer to: greedy completions are scored at 1.</summary>
    public double ScoringTemperature => Greedy ? 1 : Temperature;
}
