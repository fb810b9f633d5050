using System.Buffers;
using System.Text;

namespace Microsoft.ML.Grpo;

/// <summary>
/// Unicode's normalisation forms. Not <see cref="string.Normalize(NormalizationForm)"/>, because that does nothing under invariant
/// globalization (as in many containers), differs with the machine's ICU, and throws on noncharacters, which are left as they are here.
/// </summary>
internal static class UnicodeForm
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28;

    private static readonly UnicodeTables Data = new();

    /// <summary>The normalised text; the same instance if nothing changes it for certain.</summary>
    public static string Normalize(string text, NormalizationForm form)
    {
        var compatible = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        var compose = form is NormalizationForm.FormC or NormalizationForm.FormKC;

        // Below U+0300 nothing decomposes into other than what it composes from again; below U+00A0 nothing decomposes.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', compose && !compatible ? '\u02FF' : '\u009F'))
        {
            return text;
        }

        var codePoints = new List<int>(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var status = Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length);
            Decompose(status == OperationStatus.Done ? rune.Value : text[i], compatible, codePoints);
            i += length;
        }

        Order(codePoints);
        return Write(compose ? Compose(codePoints) : codePoints);
    }

    private static void Decompose(int codePoint, bool compatible, List<int> into)
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
        else if (Data.Decomposition(codePoint, compatible) is { } parts)
        {
            foreach (var part in parts)
            {
                Decompose(part, compatible, into);
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
        for (var start = 0; start < codePoints.Count; start++)
        {
            var end = start;
            while (end < codePoints.Count && Data.Class(codePoints[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                var sorted = codePoints[start..end].OrderBy(mark => Data.Class(mark)).ToArray();
                for (var i = 0; i < sorted.Length; i++)
                {
                    codePoints[start + i] = sorted[i];
                }
            }

            start = end;
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

        return Data.Composition(first, second);
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
