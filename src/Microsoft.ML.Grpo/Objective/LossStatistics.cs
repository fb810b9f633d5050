namespace Microsoft.ML.Grpo;

/// <summary>
/// What was measured on a micro-batch besides its loss: plain numbers, no tensors. Statistics of micro-batches add up to
/// those of their slice, whatever the split.
/// </summary>
internal sealed class LossStatistics(IReadOnlyDictionary<string, Measurement> measurements)
{
    /// <summary>Of no micro-batch: adding it changes nothing.</summary>
    internal static LossStatistics Empty { get; } = new(new Dictionary<string, Measurement>());

    /// <summary>Name of a measurement that is no metric: the entropy that the bonus is paid for, and the tokens that it is summed over.</summary>
    internal const string EntropyOfBonus = "entropy_of_bonus";

    /// <summary>The measurements by metric name.</summary>
    internal IReadOnlyDictionary<string, Measurement> Measurements { get; } = measurements;

    /// <summary>Sum of the entropies that the bonus is paid for, in nats, and the tokens that it is over: what <see cref="EntropyController"/> follows. Both are 0 without a bonus.</summary>
    internal (double Sum, double Tokens) BonusEntropy =>
        Measurements.TryGetValue(EntropyOfBonus, out Measurement measured) ? (measured.Value, measured.Count) : (0, 0);

    /// <summary>The statistics of both parts together.</summary>
    public static LossStatistics operator +(LossStatistics left, LossStatistics right)
    {
        var sum = new Dictionary<string, Measurement>(left.Measurements);
        foreach (var (name, measurement) in right.Measurements)
        {
            sum[name] = sum.TryGetValue(name, out Measurement other) ? other + measurement : measurement;
        }

        return new LossStatistics(sum);
    }

    /// <summary>The metrics under the reference's names, and ours. NaN = nothing was there to measure.</summary>
    internal IReadOnlyDictionary<string, double> ToMetrics() =>
        Measurements.Where(pair => pair.Key != EntropyOfBonus).ToDictionary(pair => pair.Key, pair => pair.Value.Metric);
}
