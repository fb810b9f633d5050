using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>Refuses steps that make a text many times as long: a chain of ten replacements that each write ten characters for one would fill any memory.</summary>
internal static class TextGrowth
{
    /// <summary>Tokenizers have one or two such steps: a Unicode form, marks for spaces, bytes. Replacements of different characters are multiplied too, which need not be.</summary>
    private const double Most = 1000;

    /// <summary>Looks at all steps of a normalizer, a pre-tokenizer or a decoder together.</summary>
    /// <param name="part">The part; null if there is none.</param>
    /// <param name="list">The member in which a <c>Sequence</c> has its parts.</param>
    /// <param name="file">The file's name, for errors.</param>
    /// <exception cref="NotSupportedException">They can make a text too long.</exception>
    public static void Check(JsonElement? part, string list, string file)
    {
        if (part is { } steps && Of(steps, list) is > Most and var growth)
        {
            throw TokenizerJson.Unsupported(file, $"steps in its '{list}' that can make a text {growth:G3} times as long (more than {Most} times)");
        }
    }

    private static double Of(JsonElement part, string list) => part.Text("type") switch
    {
        "Sequence" => part.Items(list).Aggregate(1.0, (product, inner) => product * Of(inner, list)),
        "NFKC" or "NFKD" => 18, // what is replaced behind it may take it again
        "NFC" or "NFD" => 4,
        "ByteLevel" or "Metaspace" when list == PreTokenizerJson.List => 4, // three bytes of a character, and a space in front of each piece
        "Prepend" => 1 + Length(part, "prepend"),
        "Replace" when part.Member("pattern")?.Text("String") is { Length: > 0 } text => Math.Max(1, Length(part, "content") / text.Length),
        "Replace" => 1 + Length(part, "content"), // between any two characters, if the pattern matches nothing at all
        _ => 1,
    };

    private static double Length(JsonElement part, string name) => part.Text(name)?.Length ?? 0;
}
