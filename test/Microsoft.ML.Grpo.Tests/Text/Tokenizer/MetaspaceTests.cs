namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class MetaspaceTests
{
    [TestMethod]
    [DataRow("abc a", "▁abc ▁a")]
    [DataRow(" a", "▁ ▁a")]
    [DataRow("</s>de", "</s> ▁de")]                              // every stretch between added tokens is normalised by itself
    [DataRow("", "")]
    public void Llama_2s_form_puts_a_mark_before_every_stretch_of_text(string text, string tokens) =>
        Assert.AreEqual(tokens, TinyMetaspace.Tokens(TinyMetaspace.Llama2(), text));

    [TestMethod]
    [DataRow("abc a", "a bc ▁a")]
    [DataRow("  a", "▁ ▁a")]
    [DataRow("d    a", "d▁ ▁▁ ▁a")]
    public void Gemmas_form_puts_nothing_in_front_and_leaves_the_text_whole(string text, string tokens) =>
        Assert.AreEqual(tokens, TinyMetaspace.Tokens(TinyMetaspace.Gemma(), text));

    [TestMethod]
    [DataRow("always", false, "a d a</s>de", "▁a ▁ d▁ a </s> ▁de")]
    [DataRow("always", true, "a d a</s>de", "▁a ▁ d ▁a </s> ▁de")]
    [DataRow("first", false, "a</s>de", "▁a </s> de")]
    [DataRow("first", false, "</s>de", "</s> de")]
    [DataRow("first", false, " de", "▁de")]                       // one is there
    [DataRow("never", true, "a de", "a ▁de")]
    public void The_pre_tokenizer_puts_a_mark_where_its_scheme_says(string scheme, bool split, string text, string tokens) =>
        Assert.AreEqual(tokens, TinyMetaspace.Tokens(TinyMetaspace.Metaspace(scheme, split), text));

    [TestMethod]
    public void An_absent_scheme_is_always_and_an_absent_split_is_true()
    {
        var json = TinyMetaspace.Json(null, """{"type": "Metaspace", "replacement": "▁"}""", null);
        Assert.AreEqual("▁a ▁ d ▁a </s> ▁de", TinyMetaspace.Tokens(json, "a d a</s>de"));
    }

    [TestMethod]
    public void A_file_from_before_the_scheme_puts_a_mark_everywhere_or_says_never()
    {
        static string Tokens(string rest) => TinyMetaspace.Tokens(TinyMetaspace.Json(null, $$"""{"type": "Metaspace", "replacement": "▁", {{rest}}}""", null), "a</s>de");
        Assert.AreEqual("▁a </s> ▁de", Tokens("\"add_prefix_space\": true"));
        Assert.AreEqual("a </s> de", Tokens("\"add_prefix_space\": false, \"prepend_scheme\": \"never\""));
    }

    [TestMethod]
    [DataRow(true, true, true, "a\U0001F601", "▁a <0xF0> <0x9F> <0x98> <0x81>")]
    [DataRow(true, true, true, "\n", "▁ <0x0A>")]
    [DataRow(false, true, true, "xyaz", "▁ <unk> a <unk>")]
    [DataRow(false, true, false, "xyaz", "▁ <unk> <unk> a <unk>")]
    [DataRow(false, false, true, "ax\u00FFbc", "▁abc")]           // left out: what stands around it is joined
    public void A_character_that_the_vocabulary_lacks_is_bytes_or_unknown_or_nothing(bool fallback, bool unknown, bool fuse, string text, string tokens) =>
        Assert.AreEqual(tokens, TinyMetaspace.Tokens(TinyMetaspace.Json(TinyMetaspace.Prepend, null, null, fallback, unknown, fuse), text));

    [TestMethod]
    public void Bytes_that_the_vocabulary_lacks_in_part_are_unknown()
    {
        var json = TinyMetaspace.Gemma();
        ((System.Text.Json.Nodes.JsonObject)json["model"]!["vocab"]!).Remove("<0x98>");
        Assert.AreEqual("<unk>", TinyMetaspace.Tokens(json, "\U0001F601"));
    }

    [TestMethod]
    public void Characters_beyond_U_FFFF_merge_like_any_other() =>
        Assert.AreEqual("\U0001F600\U0001F600 \U0001F600", TinyMetaspace.Tokens(TinyMetaspace.Gemma(), "\U0001F600\U0001F600\U0001F600"));

    [TestMethod]
    public void A_long_text_that_nothing_cuts_has_the_ids_of_its_words()
    {
        var tokens = TinyMetaspace.Tokens(TinyMetaspace.Llama2(), string.Concat(Enumerable.Repeat("abc de ", 30_000)));
        Assert.AreEqual(string.Concat(Enumerable.Repeat("▁abc ▁de ", 30_000)) + "▁", tokens);
    }

    [TestMethod]
    [DataRow("abc a")]
    [DataRow("  \u65E5\U0001F601 x\n")]
    public void Text_comes_back_from_each_form(string text)
    {
        foreach (var json in new[] { TinyMetaspace.Llama2(), TinyMetaspace.Gemma(), TinyMetaspace.Metaspace("always", split: false) })
        {
            var tokenizer = TinyTokenizer.Read(json);
            // A text that begins with a space has no mark put before it by the pre-tokenizer, and one is taken off all the same.
            var expected = json["pre_tokenizer"]?["prepend_scheme"] is not null && text[0] == ' ' ? text[1..] : text;
            Assert.AreEqual(expected, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    [TestMethod]
    [DataRow("""{"type": "Metaspace", "replacement": "▁", "add_prefix_space": false, "prepend_scheme": "first"}""", "contradict")]
    [DataRow("""{"type": "Metaspace", "replacement": "▁", "add_prefix_space": false}""", "the prepend_scheme 'always' (the default) and add_prefix_space false, which contradict")]
    [DataRow("""{"type": "Metaspace", "replacement": "▁▁"}""", "one character")]
    [DataRow("""{"type": "Metaspace", "prepend_scheme": "always"}""", "the part 'Metaspace' has no 'replacement'")]
    public void A_scheme_that_contradicts_itself_or_lacks_its_mark_is_refused(string part, string named)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => TinyTokenizer.Read(TinyMetaspace.Json(null, part, null)));
        StringAssert.Contains(error.Message, named);
        error = Assert.ThrowsExactly<InvalidDataException>(() => TinyTokenizer.Read(TinyMetaspace.Json(null, null, part)));
        StringAssert.Contains(error.Message, named);
    }

    [TestMethod]
    public void An_unknown_token_that_is_none_is_named_when_it_is_needed()
    {
        var json = TinyMetaspace.Json(null, null, null, fallback: false);
        json["model"]!["unk_token"] = "<none>";
        var tokenizer = TinyTokenizer.Read(json);
        Assert.HasCount(1, tokenizer.Encode("a"));
        var error = Assert.ThrowsExactly<InvalidDataException>(() => tokenizer.Encode("z"));
        StringAssert.Contains(error.Message, "unk_token, '<none>'");
    }
}
