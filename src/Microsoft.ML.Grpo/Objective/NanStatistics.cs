namespace Microsoft.ML.Grpo;

/// <summary>Means and standard deviations that pass over missing (NaN) values.</summary>
internal static class NanStatistics
{
    /// <summary>The mean of the values that are not NaN; NaN if there is none. Summed as distances from the first, so that equal values have exactly that mean.</summary>
    internal static double Mean(ReadOnlySpan<double> values)
    {
        var (first, sum, count) = (double.NaN, 0.0, 0);
        foreach (double value in values)
        {
            if (!double.IsNaN(value))
            {
                first = count == 0 ? value : first;
                sum += value - first;
                count++;
            }
        }

        return first + (sum / count);
    }

    /// <summary>The sample standard deviation (Bessel: n - 1) of the values that are not NaN; NaN if they are fewer than two.</summary>
    internal static double Std(ReadOnlySpan<double> values)
    {
        double mean = Mean(values);
        var (squares, count) = (0.0, 0);
        foreach (double value in values)
        {
            if (!double.IsNaN(value))
            {
                squares += (value - mean) * (value - mean);
                count++;
            }
        }

        return count < 2 ? double.NaN : Math.Sqrt(squares / (count - 1));
    }

    /// <summary>Whether a standard deviation counts as none (by the absolute tolerance of the reference's <c>isclose</c>); false for NaN.</summary>
    internal static bool IsZeroStd(double std) => Math.Abs(std) <= 1e-8;
}
