namespace Microsoft.ML.Grpo.Parity;

/// <summary>Counts how often a quantity was compared, and keeps the first difference.</summary>
internal sealed class Tally(string name)
{
    private int _count;
    private int _differences;
    private string? _first;

    /// <summary>Compares two texts, or two lists written as text.</summary>
    public void Compare(string item, string actual, string expected)
    {
        _count++;
        if (!string.Equals(actual, expected, StringComparison.Ordinal))
        {
            _differences++;
            _first ??= $"{item} gives {Shown(actual)}, the reference {Shown(expected)}";
        }
    }

    /// <summary>A line for the quantity; one that was never compared is a failure.</summary>
    public void Close(Report report) =>
        report.Check(name, _count > 0 && _differences == 0, _differences == 0 ? $"{_count} equal" : $"{_differences} of {_count} differ; {_first}");

    /// <summary>A text in one line, without what a terminal would swallow.</summary>
    private static string Shown(string text) => $"'{string.Concat(text.EnumerateRunes().Take(200).Select(rune => System.Text.Rune.IsControl(rune) || rune.Value is 0xFEFF or 0xFFFE or 0xFFFF ? $"\\u{rune.Value:X4}" : $"{rune}"))}'";
}
