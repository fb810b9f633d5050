namespace Microsoft.ML.Grpo;

/// <summary>Gathers a step's metrics; where a step holds several rollouts, theirs are averaged, what is unknown left out.</summary>
internal sealed class StepMetrics
{
    private readonly Dictionary<string, List<double>> _values = [];

    /// <summary>Adds the metrics of one rollout.</summary>
    public void Add(IReadOnlyDictionary<string, double> metrics)
    {
        foreach (var (name, value) in metrics)
        {
            Add(name, value);
        }
    }

    /// <summary>Adds one value.</summary>
    public void Add(string name, double value)
    {
        if (!_values.TryGetValue(name, out var values))
        {
            _values[name] = values = [];
        }

        values.Add(value);
    }

    /// <summary>The means by name; NaN where nothing was known.</summary>
    public Dictionary<string, double> ToDictionary() => _values.ToDictionary(
        v => v.Key, v => v.Value.Where(x => !double.IsNaN(x)).DefaultIfEmpty(double.NaN).Average());

    /// <summary>The values of one, in the order in which they were added.</summary>
    public IReadOnlyList<double> Values(string name) => _values[name];

    /// <summary>How many values there are by name.</summary>
    public Dictionary<string, int> Counts() => _values.ToDictionary(v => v.Key, v => v.Value.Count);
}
