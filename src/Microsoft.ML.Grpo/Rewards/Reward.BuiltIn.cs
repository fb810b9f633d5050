namespace Microsoft.ML.Grpo;

public abstract partial class Reward
{
    /// <summary>1 if the completion's answer equals the row's, 0 if not, <see langword="null"/> if the row has no answer.</summary>
    /// <param name="column">The column with the right answer: text, or a number, which is compared as its shortest invariant text.</param>
    /// <param name="extract">
    /// A regular expression that finds the answer in the completion: the last match counts, and of it the first group if there is one.
    /// <c>.</c> matches line ends too. No match, or one that takes longer than a second, scores 0. <see langword="null"/> (default): the
    /// whole completion is the answer.
    /// </param>
    /// <param name="weight">Its factor in the sum of rewards.</param>
    /// <param name="name">Its name in metrics and errors; <c>exact_match</c> by default.</param>
    /// <returns>The reward.</returns>
    /// <remarks>
    /// Both sides lose the white space around them and are compared character by character. This is not mathematical equality:
    /// <c>0.50</c> is not <c>0.5</c>. A number column's NaN, ML.NET's missing value, counts as no answer.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="extract"/> is not a regular expression, or a name is empty.</exception>
    public static Reward ExactMatch(string column, string? extract = null, double weight = 1, string? name = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(column);
        var pattern = extract is null ? null : new RewardPattern(extract, nameof(extract));
        return FromFunction(name ?? "exact_match", Score, weight, column);

        double? Score(RewardSample sample)
        {
            if (AnswerText.Of(sample, column) is not { } expected)
            {
                return null;
            }

            var answer = pattern is null ? sample.Completion : pattern.LastIn(sample.Completion);
            return answer is not null && answer.AsSpan().Trim().SequenceEqual(expected.AsSpan().Trim()) ? 1 : 0;
        }
    }

    /// <summary>1 if the completion matches a regular expression, 0 if not.</summary>
    /// <param name="pattern">
    /// The regular expression; it may match anywhere unless it is anchored with <c>^</c> and <c>$</c>. <c>.</c> matches line ends too.
    /// A match that takes longer than a second scores 0.
    /// </param>
    /// <param name="weight">Its factor in the sum of rewards.</param>
    /// <param name="name">Its name in metrics and errors; <c>format</c> by default.</param>
    /// <returns>The reward.</returns>
    /// <exception cref="ArgumentException"><paramref name="pattern"/> is not a regular expression, or the name is empty.</exception>
    public static Reward Format(string pattern, double weight = 1, string? name = null)
    {
        var compiled = new RewardPattern(pattern, nameof(pattern));
        return FromFunction(name ?? "format", sample => compiled.Matches(sample.Completion) ? 1 : 0, weight);
    }
}
