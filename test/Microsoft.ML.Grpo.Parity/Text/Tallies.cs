namespace Microsoft.ML.Grpo.Parity;

/// <summary>The tallies of a folder, in the order in which their quantities came.</summary>
internal sealed class Tallies(string folder)
{
    private readonly OrderedDictionary<string, Tally> _tallies = [];

    public Tally this[string quantity]
    {
        get
        {
            if (!_tallies.TryGetValue(quantity, out var tally))
            {
                _tallies[quantity] = tally = new Tally($"{folder} {quantity}");
            }

            return tally;
        }
    }

    /// <summary>A line for each quantity; nothing to compare is a failure.</summary>
    public void Close(Report report)
    {
        if (_tallies.Count == 0)
        {
            report.Fail(folder, "holds nothing to compare");
        }

        foreach (var tally in _tallies.Values)
        {
            tally.Close(report);
        }
    }
}
