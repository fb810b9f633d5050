using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Grpo;

/// <summary>What is done to a text, and to the added tokens that ask for it, before anything else.</summary>
internal sealed class TextNormalizer
{
    private const string List = "normalizers";

    private readonly IReadOnlyList<Func<string, string>> _steps;

    private TextNormalizer(IReadOnlyList<Func<string, string>> steps) => _steps = steps;

    /// <summary>Reads <c>normalizer</c>.</summary>
    /// <exception cref="NotSupportedException">A part is not supported.</exception>
    /// <exception cref="InvalidDataException">A part lacks what it needs.</exception>
    public static TextNormalizer Read(JsonElement? normalizer, string file)
    {
        TextGrowth.Check(normalizer, List, file);
        return new(Steps(normalizer, file));
    }

    public string Normalize(string text)
    {
        foreach (var step in _steps)
        {
            text = step(text);
        }

        return text;
    }

    private static List<Func<string, string>> Steps(JsonElement? normalizer, string file) => normalizer switch
    {
        null => [],
        { } part => part.Text("type") switch
        {
            "Sequence" => [.. TokenizerJson.Parts(part, List, file).SelectMany(inner => Steps(inner, file))],
            "NFC" => [text => UnicodeForm.Normalize(text, NormalizationForm.FormC)],
            "NFD" => [text => UnicodeForm.Normalize(text, NormalizationForm.FormD)],
            "NFKC" => [text => UnicodeForm.Normalize(text, NormalizationForm.FormKC)],
            "NFKD" => [text => UnicodeForm.Normalize(text, NormalizationForm.FormKD)],
            "Prepend" => [Prepend(TokenizerJson.Required(part, "prepend", file))],
            "Replace" => [Replace(TextPattern.Read(part, file), TokenizerJson.Required(part, "content", file))],
            var type => throw TokenizerJson.Unsupported(file, $"the normalizer '{type}'"),
        },
    };

    private static Func<string, string> Prepend(string prefix) => text => text.Length == 0 ? text : prefix + text;

    private static Func<string, string> Replace(TextPattern pattern, string content) => text => pattern.Replace(text, content);
}
