namespace Microsoft.ML.Grpo;

/// <summary>What a finished run did.</summary>
/// <param name="Seed">The seed it ran with: the same seed, options, data, number of threads and machine give the same policy to the bit, on CPU.</param>
/// <param name="Steps">Every step's metrics by name, in order; where the policy was evaluated, the <c>eval_</c> metrics too.</param>
/// <param name="InitialEvaluation">The <c>eval_</c> metrics of the policy before the first step; empty without validation data.</param>
/// <param name="Work">Tokens and passes by purpose.</param>
public sealed record TrainingSummary(
    long Seed,
    IReadOnlyList<IReadOnlyDictionary<string, double>> Steps,
    IReadOnlyDictionary<string, double> InitialEvaluation,
    WorkCounters Work);
