using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary><see cref="CanonicalData"/> and <see cref="CompatibilityData"/>, ready to be looked up. Decompositions are one step each.</summary>
internal sealed class UnicodeTables
{
    private static readonly char[] Blanks = [' ', '\n'];

    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly Dictionary<int, byte> _classes = [];

    public UnicodeTables()
    {
        ReadCanonical();
        ReadCompatible();
        ReadClasses();
    }

    /// <summary>The combining class; 0 for what is no mark.</summary>
    public byte Class(int codePoint) => _classes.GetValueOrDefault(codePoint);

    /// <summary>What a code point decomposes into, by compatibility too if asked; null for itself.</summary>
    public int[]? Decomposition(int codePoint, bool compatible) =>
        _canonical.GetValueOrDefault(codePoint) ?? (compatible ? _compatible.GetValueOrDefault(codePoint) : null);

    /// <summary>What two code points compose into; null if they do not.</summary>
    public int? Composition(int first, int second) => _compositions.TryGetValue((first, second), out var whole) ? whole : null;

    private void ReadCanonical()
    {
        foreach (var (codePoint, entry) in Entries(CanonicalData.Decompositions, _ => 1))
        {
            var parts = Array.ConvertAll(entry.Split('+', '-'), Hex);
            _canonical[codePoint] = parts;
            if (entry.Contains('+', StringComparison.Ordinal))
            {
                _compositions[(parts[0], parts[1])] = codePoint;
            }
        }
    }

    private void ReadCompatible()
    {
        foreach (var (codePoint, entry) in Entries(CompatibilityData.Decompositions, Run))
        {
            var parts = Array.ConvertAll(entry.Split('*')[0].Split('.'), Hex);
            for (var i = 0; i < Run(entry); i++)
            {
                _compatible[codePoint + i] = i == 0 ? parts : [parts[0] + i];
            }
        }

        static int Run(string entry) => entry.Split('*') is [_, var count] ? int.Parse(count, CultureInfo.InvariantCulture) : 1;
    }

    private void ReadClasses()
    {
        foreach (var entry in CanonicalData.CombiningClasses.Split(Blanks, StringSplitOptions.RemoveEmptyEntries))
        {
            var (range, order) = (entry[..entry.IndexOf('=')], byte.Parse(entry[(entry.IndexOf('=') + 1)..], CultureInfo.InvariantCulture));
            var ends = range.Split('-');
            for (var codePoint = Hex(ends[0]); codePoint <= Hex(ends[^1]); codePoint++)
            {
                _classes[codePoint] = order;
            }
        }
    }

    /// <summary>Every entry with its code point, which moves on by its length or is set by <c>start:</c>.</summary>
    private static IEnumerable<(int CodePoint, string Entry)> Entries(string data, Func<string, int> length)
    {
        var next = 0;
        foreach (var entry in data.Split(Blanks, StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry[^1] == ':')
            {
                next = Hex(entry[..^1]);
                continue;
            }

            yield return (next, entry);
            next += length(entry);
        }
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
