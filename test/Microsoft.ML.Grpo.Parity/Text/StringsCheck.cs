using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Texts to ids and back, in every way that the reference gives.</summary>
internal static class StringsCheck
{
    public static void Run(string name, JsonElement strings, PolicyTokenizer tokenizer, Report report)
    {
        var tallies = new Tallies(name);
        foreach (var item in strings.EnumerateArray())
        {
            var text = GoldenJson.Field(item, "text").GetString()!;
            var label = $"string {(GoldenJson.Optional(item, "i") is { } number ? number.ToString() : $"'{text}'")}";
            var ids = GoldenJson.Field(item, "ids");
            CompareIds("ids", ids, tokenizer.Encode(text, dropUnspellable: true));
            CompareIds("ids_specials_as_text", GoldenJson.Optional(item, "ids_specials_as_text"), tokenizer.Encode(text, specialAsText: true, dropUnspellable: true));
            CompareIds("ids_add_special_tokens", GoldenJson.Optional(item, "ids_add_special_tokens"), tokenizer.Encode(text, addSpecialTokens: true, dropUnspellable: true));
            CompareText("decoded", skipSpecial: false);
            CompareText("decoded_skip_special", skipSpecial: true);

            void CompareIds(string quantity, JsonElement? expected, IReadOnlyList<int> actual)
            {
                if (expected is { } wanted)
                {
                    tallies[quantity].Compare(label, string.Join(' ', actual), string.Join(' ', Ids(wanted)));
                }
            }

            void CompareText(string quantity, bool skipSpecial)
            {
                if (GoldenJson.Optional(item, quantity)?.GetString() is { } wanted)
                {
                    tallies[quantity].Compare(label, tokenizer.Decode(Ids(ids), skipSpecial), wanted);
                }
            }
        }

        tallies.Close(report);
    }

    public static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];
}
