namespace Microsoft.ML.Grpo;

/// <summary>Which of a slice's tokens the policy term keeps: those of high entropy.</summary>
/// <param name="Threshold">Least entropy that is kept, in nats; +infinity keeps none.</param>
/// <param name="Tokens">How many tokens of the slice that are.</param>
internal readonly record struct EntropyCut(double Threshold, double Tokens);
