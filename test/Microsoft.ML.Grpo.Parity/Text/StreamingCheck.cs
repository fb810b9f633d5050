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
            var decoded = GoldenJson.Optional(item, "decoded")?.GetString();
            if (decoded is not null)
            {
                tallies["decoded"].Compare(label, text, decoded);
            }

            if (GoldenJson.Optional(item, "decoded_prefixes") is { } list)
            {
                string[] prefixes = [.. list.EnumerateArray().Select(prefix => prefix.GetString()!)];
                tallies["decoded_prefixes"].Compare(label, Joined(Enumerable.Range(1, ids.Length).Select(n => tokenizer.Decode(ids[..n], skip))), Joined(prefixes));
                decoded ??= prefixes.LastOrDefault();
            }

            if (GoldenJson.Optional(item, "hf_decode_stream") is { } stream)
            {
                // Null is "nothing yet"; so is an empty text, here.
                Compare(label, ids, skip, [.. stream.EnumerateArray().Select(piece => piece.GetString() ?? string.Empty)], decoded, tokenizer, tallies);
            }
        }

        tallies.Close(report);
    }

    private static void Compare(string label, int[] ids, bool skip, string[] expected, string? decoded, PolicyTokenizer tokenizer, Tallies tallies)
    {
        var stream = new IncrementalDetokenizer(tokenizer, skip);
        string[] pieces = [.. ids.Select(stream.Append)];
        tallies["hf_decode_stream"].Compare(label, Joined(pieces), Joined(expected));

        if (decoded is not null)
        {
            tallies["pieces together"].Compare(label, string.Concat(pieces) + stream.Flush(), Together(string.Concat(expected), decoded));
        }
    }

    /// <summary>
    /// What all pieces are together, of the reference's own data: the text. Where that goes back on what was shown, since bytes turn out to be
    /// no characters, it has a U+FFFD for each of them; what was shown stays, in place of as many.
    /// </summary>
    private static string Together(string shown, string decoded)
    {
        var common = shown.AsSpan().CommonPrefixLength(decoded);
        var taken = common + Encoding.UTF8.GetByteCount(shown.AsSpan(common));
        return shown + (taken < decoded.Length ? decoded[taken..] : string.Empty);
    }

    private static string Joined(IEnumerable<string> texts) => string.Join('\u241E', texts);
}
