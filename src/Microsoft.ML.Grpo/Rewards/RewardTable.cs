namespace Microsoft.ML.Grpo;

/// <summary>The scores of a batch. A row whose scores are all null is unscorable; what becomes of it is the objective's business.</summary>
/// <param name="Scores">Completions by rewards, <c>[rows, F]</c>; null where a reward could not judge, else finite.</param>
/// <param name="Names">The rewards' names, <c>[F]</c>.</param>
/// <param name="Weights">The rewards' weights, <c>[F]</c>.</param>
internal sealed record RewardTable(double?[,] Scores, IReadOnlyList<string> Names, IReadOnlyList<double> Weights)
{
    /// <summary>The number of completions.</summary>
    public int Rows => Scores.GetLength(0);
}
