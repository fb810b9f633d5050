namespace Microsoft.ML.Grpo;

/// <summary>How measurements of parts become that of the whole.</summary>
internal enum MeasurementKind
{
    /// <summary>A sum and a count, each added up.</summary>
    Mean,

    /// <summary>A sum: parts are shares of the whole.</summary>
    Sum,

    /// <summary>The least; +infinity = of nothing.</summary>
    Min,

    /// <summary>The greatest; -infinity = of nothing.</summary>
    Max,
}

/// <summary>A metric of a part of a batch, in a form that can be added to that of the other parts.</summary>
/// <param name="Kind">How it is added.</param>
/// <param name="Value">The sum, the least or the greatest.</param>
/// <param name="Count">What the sum is over; 0 unless <see cref="MeasurementKind.Mean"/>.</param>
internal readonly record struct Measurement(MeasurementKind Kind, double Value, double Count)
{
    /// <summary>The metric; NaN = the least or greatest of nothing. The mean of nothing is 0, as in the reference.</summary>
    internal double Metric => Kind switch
    {
        MeasurementKind.Mean => Value / Math.Max(Count, 1),
        MeasurementKind.Sum => Value,
        MeasurementKind.Min => double.IsPositiveInfinity(Value) ? double.NaN : Value,
        _ => double.IsNegativeInfinity(Value) ? double.NaN : Value,
    };

    /// <summary>The measurement of two parts together.</summary>
    public static Measurement operator +(Measurement left, Measurement right) => left.Kind switch
    {
        MeasurementKind.Mean => new(left.Kind, left.Value + right.Value, left.Count + right.Count),
        MeasurementKind.Sum => left with { Value = left.Value + right.Value },
        MeasurementKind.Min => left with { Value = Math.Min(left.Value, right.Value) },
        _ => left with { Value = Math.Max(left.Value, right.Value) },
    };
}
