using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary>The text of a row's right answer.</summary>
internal static class AnswerText
{
    /// <summary>The column's value as text, numbers in their shortest invariant form; null for null and NaN.</summary>
    /// <exception cref="InvalidOperationException">The sample does not carry the column, or it holds a vector.</exception>
    public static string? Of(RewardSample sample, string column)
    {
        if (!sample.Columns.TryGetValue(column, out var value))
        {
            var known = sample.Columns.Count == 0 ? "none" : string.Join(", ", sample.Columns.Keys.Order(StringComparer.Ordinal));
            throw new InvalidOperationException($"The row has no column '{column}'. Columns that came with it: {known}.");
        }

        return value switch
        {
            null => null,
            string text => text,
            float number when float.IsNaN(number) => null,
            double number when double.IsNaN(number) => null,
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            bool truth => truth ? "True" : "False",
            _ => throw new InvalidOperationException($"The column '{column}' holds {value.GetType().Name}, which is not one answer. Name a column of text or of a number, or write the comparison with Reward.FromFunction."),
        };
    }
}
