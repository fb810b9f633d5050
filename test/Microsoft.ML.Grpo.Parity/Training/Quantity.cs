using System.Globalization;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>One kind of number of a run: gathers how far ours are from the reference's, step by step, and becomes one line of the report.</summary>
/// <param name="name">The line's name.</param>
/// <param name="bound">What is allowed, absolute or relative, whichever is more.</param>
internal sealed class Quantity(string name, double bound)
{
    private double _absolute;
    private double _relative;
    private int _entries;
    private int _wrong;
    private string? _first;

    /// <summary>Compares two numbers; null and NaN mean that nothing was known.</summary>
    public void Compare(int step, string entry, double? ours, double? theirs)
    {
        _entries++;
        var (actual, expected) = (ours ?? double.NaN, theirs ?? double.NaN);
        if (double.IsNaN(actual) && double.IsNaN(expected))
        {
            return;
        }

        var error = Math.Abs(actual - expected);
        _absolute = Worse(_absolute, error);
        _relative = Worse(_relative, error == 0 ? 0 : error / Math.Abs(expected));
        if (!(error <= bound * Math.Max(1, Math.Abs(expected))))
        {
            Fail(step, string.Create(CultureInfo.InvariantCulture, $"{entry} is {actual:R}, the reference's {expected:R}"));
        }
    }

    /// <summary>Something that is not a matter of numbers is wrong.</summary>
    public void Wrong(int step, string problem)
    {
        _entries++;
        Fail(step, problem);
    }

    /// <summary>Writes the line.</summary>
    public void WriteTo(Report report)
    {
        if (_entries == 0)
        {
            report.Fail(name, "has no entries to compare");
            return;
        }

        var numbers = string.Create(CultureInfo.InvariantCulture, $"abs {_absolute:0.0e-00}  rel {_relative:0.0e-00}  bound {bound:0e-0} absolute or relative");
        report.Check(name, _wrong == 0, _wrong == 0 ? numbers : $"{numbers}  {_wrong} of {_entries} wrong, first at {_first}");
    }

    private void Fail(int step, string problem)
    {
        _wrong++;
        _first ??= $"step {step}: {problem}";
    }

    // Max would keep a number beside one that is none.
    private static double Worse(double so, double far) => double.IsNaN(far) || far > so ? far : so;
}
