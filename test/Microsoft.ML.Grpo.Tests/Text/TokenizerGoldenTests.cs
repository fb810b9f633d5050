using System.Text.Json;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class TokenizerGoldenTests
{
    [TestMethod]
    [DataRow("small")]
    [DataRow("qwen")]
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
            if (!got.SequenceEqual(ids) || tokenizer.Decode(ids, skipSpecial: false) != decoded || tokenizer.Decode(ids) != skipped)
            {
                wrong.Add($"{item.GetProperty("i")} {item.GetProperty("category")}: expected {string.Join(' ', ids.Take(40))}, got {string.Join(' ', got.Take(40))}; {text[..Math.Min(60, text.Length)]}");
            }
        }

        Assert.IsGreaterThan(200, count);
        Assert.IsEmpty(wrong, string.Join('\n', wrong));
    }

    [TestMethod]
    [DataRow("small")]
    [DataRow("qwen")]
    public void Every_prefix_decodes_as_in_the_tokenizers_library(string name)
    {
        var folder = SharedGoldens.Require($"text/tokenizers/{name}");
        var tokenizer = PolicyTokenizer.Read(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")), TokenizerConfig.Empty);
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "streaming.json")));
        var count = 0;
        foreach (var item in cases.RootElement.EnumerateArray())
        {
            var ids = item.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()).ToArray();
            var skip = item.TryGetProperty("skip_special", out var flag) && flag.GetBoolean();
            Assert.AreEqual(item.GetProperty("decoded").GetString(), tokenizer.Decode(ids, skip), item.GetProperty("kind").GetString());
            if (!item.TryGetProperty("decoded_prefixes", out var prefixes))
            {
                continue;
            }

            for (var n = 1; n <= ids.Length; n++, count++)
            {
                Assert.AreEqual(prefixes[n - 1].GetString(), tokenizer.Decode(ids[..n], skip), $"{item.GetProperty("kind")} {n}");
            }
        }

        Assert.IsGreaterThan(50, count);
    }

    [TestMethod]
    [DataRow("metaspace-llama2")]
    [DataRow("metaspace-gemma")]
    public void A_SentencePiece_vocabulary_is_refused_by_name(string name)
    {
        var file = Path.Combine(SharedGoldens.Require($"text/tokenizers/{name}"), "tokenizer.json");
        var error = Assert.ThrowsExactly<NotSupportedException>(() => PolicyTokenizer.Read(File.ReadAllBytes(file), TokenizerConfig.Empty, "model/tokenizer.json"));
        StringAssert.Contains(error.Message, "model/tokenizer.json");
        StringAssert.Contains(error.Message, "byte_fallback");
    }
}
