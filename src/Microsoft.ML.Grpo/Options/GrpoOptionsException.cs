namespace Microsoft.ML.Grpo;

/// <summary>Options that cannot be used, all of them at once: what is wrong, with which value, and the remedy.</summary>
public sealed class GrpoOptionsException : ArgumentException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="violations">One sentence or two for each violation; at least one.</param>
    /// <exception cref="ArgumentException"><paramref name="violations"/> is empty.</exception>
    public GrpoOptionsException(IReadOnlyList<string> violations)
        : base(Describe(violations)) =>
        Violations = [.. violations];

    /// <summary>The violations, in the order of the options.</summary>
    public IReadOnlyList<string> Violations { get; }

    private static string Describe(IReadOnlyList<string> violations)
    {
        ArgumentNullException.ThrowIfNull(violations);
        if (violations.Count == 0)
        {
            throw new ArgumentException("An options exception needs at least one violation.", nameof(violations));
        }

        return $"These {nameof(GrpoOptions)} cannot be used:\n{string.Join('\n', violations.Select(v => "- " + v))}";
    }
}
