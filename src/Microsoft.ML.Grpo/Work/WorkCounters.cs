namespace Microsoft.ML.Grpo;

/// <summary>
/// Counts real tokens (padding left out) and passes through a model by purpose. The forward plan's promises are checked
/// against these numbers. Not safe for concurrent use: a run has one.
/// </summary>
public sealed class WorkCounters
{
    private readonly long[] _tokens = new long[Enum.GetValues<WorkPurpose>().Length];
    private readonly long[] _passes = new long[Enum.GetValues<WorkPurpose>().Length];

    /// <summary>Tokens pushed through a model for a purpose, since the run began.</summary>
    /// <param name="purpose">The purpose.</param>
    /// <returns>Real tokens, 0 or more.</returns>
    public long Tokens(WorkPurpose purpose) => _tokens[(int)purpose];

    /// <summary>Forward calls for a purpose, since the run began.</summary>
    /// <param name="purpose">The purpose.</param>
    /// <returns>Calls, 0 or more.</returns>
    public long Passes(WorkPurpose purpose) => _passes[(int)purpose];

    /// <summary>Tokens by purpose, those with none included.</summary>
    /// <returns>A copy.</returns>
    public IReadOnlyDictionary<string, long> TokensByPurpose() => Enum.GetValues<WorkPurpose>().ToDictionary(p => p.ToString(), Tokens);

    /// <summary>Counts one pass.</summary>
    internal void Count(WorkPurpose purpose, long tokens)
    {
        _tokens[(int)purpose] += tokens;
        _passes[(int)purpose]++;
    }
}
