using System.Text.Json;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>As <see cref="TextParityTests"/>; and what the reference leaves out is the same as the plain result, by its own rules.</summary>
[TestClass]
public class TokenizerGoldenTests
{
    [TestMethod]
    [DataRow("small")]
    [DataRow("qwen")]
    [DataRow("metaspace-llama2")]
    [DataRow("metaspace-gemma")]
    public void Ids_and_texts_are_those_of_the_tokenizers_library(string name)
    {
        var folder = SharedGoldens.Require($"text/tokenizers/{name}");
        var tokenizer = PolicyTokenizer.Read(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")), TokenizerConfig.Empty);
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "strings.json")));
        var wrong = new List<string>();
        var count = 0;
        foreach (var item in cases.RootElement.EnumerateArray())
        {
            count++;
            var text = item.GetProperty("text").GetString()!;
            var ids = item.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()).ToArray();
            var got = tokenizer.Encode(text);
            var decoded = item.GetProperty("decoded").GetString();
            var skipped = item.TryGetProperty("decoded_skip_special", out var s) ? s.GetString() : decoded;
            if (!got.SequenceEqual(ids) || tokenizer.Decode(ids, skipSpecial: false) != decoded || tokenizer.Decode(ids) != skipped
                || !tokenizer.Encode(text, specialAsText: true).SequenceEqual(Variant("ids_specials_as_text"))
                || !tokenizer.Encode(text, addSpecialTokens: true).SequenceEqual(Variant("ids_add_special_tokens")))
            {
                wrong.Add($"{item.GetProperty("i")} {item.GetProperty("category")}: expected {string.Join(' ', ids.Take(40))}, got {string.Join(' ', got.Take(40))}; {text[..Math.Min(60, text.Length)]}");
            }

            int[] Variant(string name) => item.TryGetProperty(name, out var variant) ? [.. variant.EnumerateArray().Select(i => i.GetInt32())] : ids;
        }

        Assert.IsGreaterThan(200, count);
        Assert.IsEmpty(wrong, string.Join('\n', wrong));
    }
}
