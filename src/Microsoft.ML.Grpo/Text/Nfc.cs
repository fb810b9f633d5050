using System.Buffers;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Unicode normalisation form C. Not <see cref="string.Normalize()"/>, because that does nothing under invariant globalization (as in
/// many containers), differs with the machine's ICU, and throws on lone surrogates and noncharacters, which are left as they are here.
/// </summary>
internal static class Nfc
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28;

    private static readonly Tables Data = Tables.Read();

    /// <summary>The normalised text; the same instance if nothing changes it for certain.</summary>
    public static string Normalize(string text)
    {
        // Below U+0300 nothing decomposes into other than what it composes from again.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF'))
        {
            return text;
        }

        var codePoints = new List<int>(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var status = Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length);
            Decompose(status == OperationStatus.Done ? rune.Value : text[i], codePoints);
            i += length;
        }

        Order(codePoints);
        return Write(Compose(codePoints));
    }

    private static void Decompose(int codePoint, List<int> into)
    {
        var syllable = codePoint - HangulBase;
        if (syllable is >= 0 and < Leads * Vowels * Tails)
        {
            into.Add(LeadBase + (syllable / (Vowels * Tails)));
            into.Add(VowelBase + (syllable / Tails % Vowels));
            if (syllable % Tails != 0)
            {
                into.Add(TailBase + (syllable % Tails));
            }
        }
        else if (Data.Decompositions.TryGetValue(codePoint, out var parts))
        {
            Decompose(parts.First, into);
            if (parts.Second != 0)
            {
                Decompose(parts.Second, into);
            }
        }
        else
        {
            into.Add(codePoint);
        }
    }

    /// <summary>Sorts each run of combining marks by class, stably.</summary>
    private static void Order(List<int> codePoints)
    {
        for (var i = 1; i < codePoints.Count; i++)
        {
            var mark = codePoints[i];
            var order = Data.Class(mark);
            var place = i;
            while (order != 0 && place > 0 && Data.Class(codePoints[place - 1]) > order)
            {
                codePoints[place] = codePoints[place - 1];
                place--;
            }

            codePoints[place] = mark;
        }
    }

    private static List<int> Compose(List<int> codePoints)
    {
        var composed = new List<int>(codePoints.Count);
        var starter = -1;
        foreach (var codePoint in codePoints)
        {
            var order = Data.Class(codePoint);

            // A mark is blocked from its starter by one of the same or a higher class between them.
            var blocked = starter >= 0 && starter < composed.Count - 1 && Data.Class(composed[^1]) >= order;
            if (starter >= 0 && !blocked && Pair(composed[starter], codePoint) is { } whole)
            {
                composed[starter] = whole;
                continue;
            }

            if (order == 0)
            {
                starter = composed.Count;
            }

            composed.Add(codePoint);
        }

        return composed;
    }

    private static int? Pair(int first, int second)
    {
        if (first is >= LeadBase and < LeadBase + Leads && second is >= VowelBase and < VowelBase + Vowels)
        {
            return HangulBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Tails);
        }

        if (first is >= HangulBase and < HangulBase + (Leads * Vowels * Tails) && (first - HangulBase) % Tails == 0
            && second is > TailBase and < TailBase + Tails)
        {
            return first + second - TailBase;
        }

        return Data.Compositions.TryGetValue((first, second), out var whole) ? whole : null;
    }

    private static string Write(List<int> codePoints)
    {
        var text = new StringBuilder(codePoints.Count);
        foreach (var codePoint in codePoints)
        {
            if (codePoint <= char.MaxValue)
            {
                text.Append((char)codePoint);
            }
            else
            {
                text.Append(new Rune(codePoint));
            }
        }

        return text.ToString();
    }

    private sealed record Tables(
        Dictionary<int, (int First, int Second)> Decompositions,
        Dictionary<(int First, int Second), int> Compositions,
        Dictionary<int, byte> Classes)
    {
        public byte Class(int codePoint) => Classes.GetValueOrDefault(codePoint);

        public static Tables Read()
        {
            var tables = new Tables([], [], []);
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
}
