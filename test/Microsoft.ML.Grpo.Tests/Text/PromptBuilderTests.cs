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

    private static string Text(PromptBuilder builder, string prompt) => Tokenizer().Decode(builder.Build(prompt), skipSpecial: false);

    private static PolicyTokenizer Tokenizer()
    {
        var json = TinyTokenizer.Json();
        json["post_processor"] = TinyTokenizer.BosProcessor();
        return TinyTokenizer.Read(json);
    }
}
