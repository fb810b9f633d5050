using System.Text.Json;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A published model's own tokenizer and template, against transformers.</summary>
[TestClass]
public class SmolLM2TokenizerTests
{
    [TestMethod]
    public void Prompts_have_the_ids_that_transformers_gives_them()
    {
        var folder = SharedGoldens.Require("smollm2");
        var config = TokenizerConfig.Read(File.ReadAllBytes(Path.Combine(folder, "tokenizer_config.json")), "tokenizer_config.json");
        var tokenizer = PolicyTokenizer.Read(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")), config);
        var template = ChatTemplate.Find(File.ReadAllBytes(Path.Combine(folder, "chat_template.jinja")), config, folder)!;
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        var compared = 0;
        foreach (var prompt in expected.RootElement.GetProperty("prompts").EnumerateArray())
        {
            var messages = prompt.GetProperty("messages").EnumerateArray().Select(m => new ChatMessage(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!)).ToArray();
            var rendered = template.Render(messages, addGenerationPrompt: true);
            Assert.AreEqual(prompt.GetProperty("rendered").GetString(), rendered);
            CollectionAssert.AreEqual(Ids(prompt.GetProperty("prompt_ids")), tokenizer.Encode(rendered).ToArray());
            if (messages is [{ Role: "user", Content: var text }])
            {
                var builder = new PromptBuilder(tokenizer, template, PromptFormat.Auto, systemPrompt: null);
                CollectionAssert.AreEqual(Ids(prompt.GetProperty("prompt_ids")), builder.Build(text).ToArray());
                compared++;
            }
        }

        Assert.IsGreaterThan(0, compared);
        Assert.AreEqual(2, tokenizer.EosTokenId);
    }

    [TestMethod]
    public void Texts_have_the_ids_that_transformers_gives_them()
    {
        var folder = SharedGoldens.Require("smollm2");
        var tokenizer = PolicyTokenizer.Read(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")), TokenizerConfig.Empty);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        foreach (var item in expected.RootElement.GetProperty("encode").EnumerateArray())
        {
            var ids = Ids(item.GetProperty("ids"));
            CollectionAssert.AreEqual(ids, tokenizer.Encode(item.GetProperty("text").GetString()!).ToArray(), item.GetProperty("text").GetString());
            Assert.AreEqual(item.GetProperty("decoded").GetString(), tokenizer.Decode(ids, skipSpecial: false));
            Assert.AreEqual(item.GetProperty("decoded_skip_special").GetString(), tokenizer.Decode(ids));
        }
    }

    [TestMethod]
    public void Ids_that_end_within_a_character_decode_as_in_transformers()
    {
        var folder = SharedGoldens.Require("smollm2");
        var tokenizer = PolicyTokenizer.Read(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")), TokenizerConfig.Empty);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        foreach (var item in expected.RootElement.GetProperty("decode").EnumerateArray())
        {
            var ids = Ids(item.GetProperty("ids"));
            Assert.AreEqual(item.GetProperty("decoded").GetString(), tokenizer.Decode(ids, skipSpecial: false));
            Assert.AreEqual(item.TryGetProperty("decoded_skip_special", out var skipped) ? skipped.GetString() : tokenizer.Decode(ids, skipSpecial: false), tokenizer.Decode(ids));
        }
    }

    [TestMethod]
    public void A_byte_that_the_vocabulary_lacks_is_left_out_on_request_and_refused_otherwise()
    {
        var folder = SharedGoldens.Require("smollm2");
        var tokenizer = PolicyTokenizer.Read(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")), TokenizerConfig.Empty);
        CollectionAssert.AreEqual((int[])[.. tokenizer.Encode("a"), .. tokenizer.Encode("b")], tokenizer.Encode("a\u0004b", dropUnspellable: true).ToArray());
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => tokenizer.Encode("a\u0004b")).Message, "U+0004");
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(i => i.GetInt32())];
}
