using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Ids that arrive one by one: the text of every prefix, and what a stream gives out.</summary>
internal static class StreamingCheck
{
    public static void Run(string name, JsonElement cases, PolicyTokenizer tokenizer, Report report)
    {
        var tallies = new Tallies($"{name} streaming");
        var number = 0;
        foreach (var item in cases.EnumerateArray())
        {
            var ids = StringsCheck.Ids(GoldenJson.Field(item, "ids"));
            var skip = GoldenJson.Optional(item, "skip_special")?.GetBoolean() ?? true;
            var label = $"case {number++}";
            var text = tokenizer.Decode(ids, skip);
            if (GoldenJson.Optional(item, "decoded")?.GetString() is { } decoded)
            {
                tallies["decoded"].Compare(label, text, decoded);
            }

            if (GoldenJson.Optional(item, "decoded_prefixes") is { } prefixes)
            {
                tallies["decoded_prefixes"].Compare(label, Joined(Enumerable.Range(1, ids.Length).Select(n => tokenizer.Decode(ids[..n], skip))), Joined(prefixes.EnumerateArray().Select(prefix => prefix.GetString()!)));
            }

            if (GoldenJson.Optional(item, "hf_decode_stream") is { } stream)
            {
                // Null is "nothing yet"; so is an empty text, here.
                Compare(label, ids, skip, [.. stream.EnumerateArray().Select(piece => piece.GetString() ?? string.Empty)], text, tokenizer, tallies);
            }
        }

        tallies.Close(report);
    }

    private static void Compare(string label, int[] ids, bool skip, string[] expected, string text, PolicyTokenizer tokenizer, Tallies tallies)
    {
        var stream = new IncrementalDetokenizer(tokenizer, skip);
        string[] pieces = [.. ids.Select(stream.Append)];
        tallies["hf_decode_stream"].Compare(label, Joined(pieces), Joined(expected));

        tallies["pieces together"].Compare(label, string.Concat(pieces) + stream.Flush(), Together(string.Concat(expected), text));
    }

    /// <summary>
    /// The text, but for a run of bytes that turned out to be no characters after the reference had shown some of them: those stay, and of
    /// the run's U+FFFD, one a byte, there are as many fewer as they have bytes.
    /// </summary>
    private static string Together(string shown, string text)
    {
        var same = shown.AsSpan().CommonPrefixLength(text);
        if (same == shown.Length)
        {
            return text;
        }

        var run = text.Length - same - text.AsSpan(same).TrimStart('\uFFFD').Length;
        return shown + new string('\uFFFD', Math.Max(0, run - Encoding.UTF8.GetByteCount(shown.AsSpan(same)))) + text[(same + run)..];
    }

    private static string Joined(IEnumerable<string> texts) => string.Join('\u241E', texts);
}
