using System.Globalization;

namespace Microsoft.ML.Grpo;

/// <summary><see cref="NfcData"/>, ready to be looked up.</summary>
internal sealed record NfcTables(
    Dictionary<int, (int First, int Second)> Decompositions,
    Dictionary<(int First, int Second), int> Compositions,
    Dictionary<int, byte> Classes)
{
    public byte Class(int codePoint) => Classes.GetValueOrDefault(codePoint);

    public static NfcTables Read()
    {
        var tables = new NfcTables([], [], []);
        var next = 0;
        foreach (var entry in NfcData.Decompositions.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry[^1] == ':')
            {
                next = Hex(entry[..^1]);
                continue;
            }

            var sign = entry.AsSpan().IndexOfAny('+', '-');
            var parts = sign < 0 ? (Hex(entry), 0) : (Hex(entry[..sign]), Hex(entry[(sign + 1)..]));
            tables.Decompositions[next] = parts;
            if (sign >= 0 && entry[sign] == '+')
            {
                tables.Compositions[parts] = next;
            }

            next++;
        }

        foreach (var entry in NfcData.CombiningClasses.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var (range, order) = (entry[..entry.IndexOf('=')], byte.Parse(entry[(entry.IndexOf('=') + 1)..], CultureInfo.InvariantCulture));
            var ends = range.Split('-');
            for (var codePoint = Hex(ends[0]); codePoint <= Hex(ends[^1]); codePoint++)
            {
                tables.Classes[codePoint] = order;
            }
        }

        return tables;
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
