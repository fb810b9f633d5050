namespace RealModel;

/// <summary>
/// The mean difference between two measurements of the same problems, with its 95 % interval by Student's t. The problem is the unit: several samples
/// of one problem are no independent draws of the task, so they count as their mean.
/// </summary>
/// <param name="Mean">After less before.</param>
/// <param name="Low">The interval's lower end.</param>
/// <param name="High">Its upper end.</param>
internal sealed record PairedInterval(double Mean, double Low, double High)
{
    private const double Confidence = 0.95;

    /// <param name="before">A mean for each problem.</param>
    /// <param name="after">The same problems in the same order.</param>
    /// <returns>The difference; null for fewer than two problems, which have no spread.</returns>
    public static PairedInterval? Of(IReadOnlyList<double> before, IReadOnlyList<double> after)
    {
        if (before.Count != after.Count)
        {
            throw new ArgumentException($"{before.Count} problems before and {after.Count} after are not the same problems.", nameof(after));
        }

        if (before.Count < 2)
        {
            return null;
        }

        double[] differences = [.. after.Zip(before, (a, b) => a - b)];
        var mean = differences.Average();
        var freedom = differences.Length - 1;
        var error = Math.Sqrt(differences.Sum(d => (d - mean) * (d - mean)) / freedom / differences.Length);
        var half = Quantile(freedom) * error;
        return new(mean, mean - half, mean + half);
    }

    /// <summary>How many standard errors either side hold the confidence: 1.96 for many degrees of freedom, more for few.</summary>
    public static double Quantile(int freedom)
    {
        var (low, high) = (0.0, Math.PI / 2); // of the angle whose tangent is t / sqrt(freedom)
        for (var i = 0; i < 60; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Inside(middle, freedom) < Confidence ? (middle, high) : (low, middle);
        }

        return Math.Tan(low) * Math.Sqrt(freedom);
    }

    /// <summary>The probability between -t and t, by its finite series (Abramowitz and Stegun 26.7.3 and 26.7.4).</summary>
    private static double Inside(double angle, int freedom)
    {
        var (sin, cos) = Math.SinCos(angle);
        var odd = freedom % 2 == 1;
        var (sum, term) = (0.0, odd ? cos : 1.0);
        for (var k = odd ? 1 : 0; k < freedom - 1; k += 2)
        {
            sum += term;
            term *= cos * cos * (k + 1) / (k + 2);
        }

        return odd ? 2 / Math.PI * (angle + (sin * sum)) : sin * sum;
    }
}
