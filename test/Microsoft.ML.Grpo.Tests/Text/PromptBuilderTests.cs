namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PromptBuilderTests
{
    private static readonly ChatMLTemplate Template = new("Be good.", assistantTurns: true);

    [TestMethod]
    public void With_a_template_a_prompt_is_a_user_message_and_the_assistants_turn_is_open()
    {
        var builder = new PromptBuilder(Tokenizer(), Template, PromptFormat.Auto, null);
        Assert.AreEqual("<|im_start|>system\nBe good.<|im_end|>\n<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n", Text(builder, "2+2?"));
        Assert.AreSame(Template, builder.Template);
        StringAssert.Contains(builder.Description, "ChatML");
    }

    [TestMethod]
    public void The_system_prompt_takes_the_place_of_the_templates_own()
    {
        var builder = new PromptBuilder(Tokenizer(), Template, PromptFormat.Auto, "Answer.");
        Assert.AreEqual("<|im_start|>system\nAnswer.<|im_end|>\n<|im_start|>user\nx<|im_end|>\n<|im_start|>assistant\n", Text(builder, "x"));
        StringAssert.Contains(builder.Description, "system prompt");
    }

    [TestMethod]
    public void Markup_is_single_tokens_and_no_BOS_is_added_to_a_rendered_prompt()
    {
        var ids = new PromptBuilder(Tokenizer(), new ChatMLTemplate(null, true), PromptFormat.Auto, null).Build("x");
        Assert.AreEqual(TinyTokenizer.ImStart, ids[0]);
        Assert.AreEqual(2, ids.Count(id => id == TinyTokenizer.ImStart));
        Assert.IsFalse(ids.Contains(TinyTokenizer.Bos));
    }

    [TestMethod]
    [DataRow(PromptFormat.Raw, true)]
    [DataRow(PromptFormat.Auto, false)]
    public void Raw_prompts_get_the_tokenizers_own_special_tokens(PromptFormat format, bool hasTemplate)
    {
        var builder = new PromptBuilder(Tokenizer(), hasTemplate ? Template : null, format, null);
        CollectionAssert.AreEqual(new[] { TinyTokenizer.Bos, 'h', 'i' }, builder.Build("hi").ToArray());
        Assert.IsNull(builder.Template);
        StringAssert.Contains(builder.Description, "raw");
    }

    [TestMethod]
    [DataRow(PromptFormat.Raw, true, "PromptFormat.Auto")]
    [DataRow(PromptFormat.Auto, false, "SystemPrompt = null")]
    public void A_system_prompt_without_a_template_is_refused_with_the_remedy(PromptFormat format, bool hasTemplate, string remedy)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new PromptBuilder(Tokenizer(), hasTemplate ? Template : null, format, "Answer."));
        StringAssert.Contains(error.Message, remedy);
    }

    [TestMethod]
    public void An_empty_prompt_is_refused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new PromptBuilder(Tokenizer(), Template, PromptFormat.Auto, null).Build(""));
        StringAssert.Contains(error.Message, "empty");
    }

    [TestMethod]
    [DataRow(44)]
    [DataRow(38)]
    [DataRow(36)]
    public void A_prompt_is_cut_at_the_beginning_of_its_text_and_the_template_stays_whole(int limit)
    {
        var builder = new PromptBuilder(Tokenizer(), new ChatMLTemplate(null, true), PromptFormat.Auto, "Short.");
        Assert.AreEqual(35, builder.Overhead);
        var ids = builder.BuildTruncated("0123456789", limit)!;
        Assert.HasCount(limit, ids);
        Assert.AreEqual(
            $"<|im_start|>system\nShort.<|im_end|>\n<|im_start|>user\n{"0123456789"[^(limit - 35)..]}<|im_end|>\n<|im_start|>assistant\n",
            Tokenizer().Decode(ids, skipSpecial: false));
    }

    [TestMethod]
    public void What_is_cut_reads_as_the_prompt_of_the_shorter_text()
    {
        // Of the text alone "\n\n" would be one token and "ab" another: cut there, the rest merges with the header.
        var json = TinyTokenizer.Json(merges: ["Ċ Ċ", "a b", "b c"]);
        var builder = new PromptBuilder(TinyTokenizer.Read(json), new ChatMLTemplate(null, true), PromptFormat.Auto, null);
        const string text = "xyz\n\nabcdéab\n";
        for (var limit = builder.Overhead + 1; limit < builder.Build(text).Count; limit++)
        {
            var ids = builder.BuildTruncated(text, limit)!;
            Assert.IsLessThanOrEqualTo(limit, ids.Count);
            Assert.IsTrue(
                Enumerable.Range(1, text.Length - 1).Any(cut => builder.Build(text[cut..]).SequenceEqual(ids)),
                $"limit {limit}: {TinyTokenizer.Read(json).Decode(ids, skipSpecial: false)}");
        }
    }

    [TestMethod]
    public void A_raw_prompt_that_is_cut_keeps_the_tokenizers_special_tokens()
    {
        var builder = new PromptBuilder(Tokenizer(), null, PromptFormat.Auto, null);
        CollectionAssert.AreEqual(new[] { TinyTokenizer.Bos, 'l', 'o' }, builder.BuildTruncated("hello", 3)!.ToArray());
    }

    [TestMethod]
    public void A_prompt_that_fits_is_not_cut_and_one_without_room_for_any_text_is_not_made()
    {
        var builder = new PromptBuilder(Tokenizer(), Template, PromptFormat.Auto, null);
        CollectionAssert.AreEqual(builder.Build("hello").ToArray(), builder.BuildTruncated("hello", 1000)!.ToArray());
        Assert.IsNull(builder.BuildTruncated("hello", builder.Overhead));
        Assert.IsNull(builder.BuildTruncated("hello", 1));
        Assert.IsNotNull(builder.BuildTruncated("hello", builder.Overhead + 1));
    }

    private static string Text(PromptBuilder builder, string prompt) => Tokenizer().Decode(builder.Build(prompt), skipSpecial: false);

    private static PolicyTokenizer Tokenizer()
    {
        var json = TinyTokenizer.Json();
        json["post_processor"] = TinyTokenizer.BosProcessor();
        return TinyTokenizer.Read(json);
    }
}
