using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Ids that arrive one by one: the text of every prefix, and what a stream gives out.</summary>
internal static class StreamingCheck
{
    public static void Run(string name, JsonElement cases, PolicyTokenizer tokenizer, Report report)
    {
        if (cases.GetArrayLength() == 0)
        {
            report.Fail(name, $"{TextCheck.Streaming} holds no cases");
        }

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

        // Together they are the text. Where it goes back on what the reference has shown, since bytes turn out to be no characters, what
        // was shown stays, and the rest of these bytes are U+FFFD.
        var shown = string.Concat(expected);
        var whole = string.Concat(pieces) + stream.Flush();
        var wanted = text.StartsWith(shown, StringComparison.Ordinal) ? text : shown + new string('\uFFFD', Math.Max(1, whole.Length - shown.Length));
        tallies["pieces together"].Compare(label, whole, wanted);
    }

    private static string Joined(IEnumerable<string> texts) => string.Join('\u241E', texts);
}
