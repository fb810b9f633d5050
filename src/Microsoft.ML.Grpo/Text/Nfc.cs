using System.Buffers;
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

    private static readonly NfcTables Data = NfcTables.Read();

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
}
