using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class TokenizerRefusalTests
{
    [TestMethod]
    [DataRow("normalizer", """{"type": "Lowercase"}""", "the normalizer 'Lowercase'")]
    [DataRow("normalizer", """{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Strip"}]}""", "the normalizer 'Strip'")]
    [DataRow("pre_tokenizer", """{"type": "Whitespace"}""", "the pre-tokenizer 'Whitespace'")]
    [DataRow("pre_tokenizer", """{"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"}""", "the prepend_scheme 'last'")]
    [DataRow("pre_tokenizer", """{"type": "Split", "pattern": {"Regex": "a"}, "behavior": "removed", "invert": false}""", "behavior 'removed'")]
    [DataRow("pre_tokenizer", """{"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated", "invert": false}""", "'(a'")]
    [DataRow("decoder", """{"type": "WordPiece"}""", "the decoder 'WordPiece'")]
    [DataRow("decoder", """{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "CTC"}]}""", "the decoder 'CTC'")]
    [DataRow("post_processor", """{"type": "RobertaProcessing"}""", "the post-processor 'RobertaProcessing'")]
    [DataRow("post_processor", """{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"Sequence": {"id": "A"}}], "special_tokens": {}}""", "takes more than that")]
    [DataRow("post_processor", """{"type": "Sequence", "processors": [{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}], "special_tokens": {}}, {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}], "special_tokens": {}}]}""", "more than one")]
    [DataRow("model", """{"type": "Unigram", "vocab": []}""", "the model 'Unigram'")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}""", "BPE dropout")]
    [DataRow("model", """{"type": "BPE", "vocab": {}, "merges": [], "end_of_word_suffix": "</w>"}""", "end_of_word_suffix '</w>'")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a b": 0, "c": 1, "a bc": 2}, "merges": [["a b", "c"]]}""", "a merge of tokens with spaces")]
    public void What_is_not_supported_is_refused_by_name_and_file(string member, string value, string named)
    {
        var json = TinyTokenizer.Json();
        json[member] = JsonNode.Parse(value);
        var error = Assert.ThrowsExactly<NotSupportedException>(() => TinyTokenizer.Read(json));
        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, "tokenizer.json");
    }

    [TestMethod]
    public void A_first_piece_that_cannot_be_told_is_refused()
    {
        var json = TinyMetaspace.Json(TinyMetaspace.Prepend, """{"type": "Sequence", "pretokenizers": [{"type": "Digits"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}]}""", null);
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => TinyTokenizer.Read(json)).Message, "'Metaspace' with the prepend_scheme 'first' after another pre-tokenizer");
        json["normalizer"] = null;
        TinyTokenizer.Read(json);
    }

    [TestMethod]
    [DataRow("model", "null", "'model'")]
    [DataRow("model", """{"type": "BPE"}""", "model.vocab")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": -1}}""", "'a'")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 2147483647}}""", "'a'")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": "0"}}""", "'a'")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": [["a"]]}""", "model.merges")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": ["x y"]}""", "merges")]
    [DataRow("added_tokens", """[{"content": "x"}]""", "added_tokens")]
    [DataRow("added_tokens", """[{"content": "x", "id": 2147483647}]""", "added_tokens")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": [[1, 2]]}""", "cannot be read")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0}, "merges": ["a  a"]}""", "model.merges")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0, "aa": 1}, "merges": [], "byte_fallback": "yes"}""", "cannot be read")]
    [DataRow("model", """{"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}""", "'a' and 'b' have the same id, 0, in model.vocab")]
    [DataRow("normalizer", """{"type": "Sequence"}""", "the part 'Sequence' has no 'normalizers'")]
    [DataRow("normalizer", """{"type": "Replace", "pattern": {"String": ""}, "content": "a"}""", "the part 'Replace' has no pattern")]
    [DataRow("normalizer", """{"type": "Prepend"}""", "the part 'Prepend' has no 'prepend'")]
    [DataRow("pre_tokenizer", """{"type": "Split", "behavior": "Isolated", "invert": false}""", "the part 'Split' has no pattern")]
    [DataRow("pre_tokenizer", """{"type": "ByteLevel", "add_prefix_space": 1}""", "cannot be read")]
    [DataRow("decoder", """{"type": "Strip", "content": "ab", "start": 1, "stop": 0}""", "'Strip' needs one character")]
    [DataRow("decoder", """{"type": "Strip", "content": "a", "start": 1e30, "stop": 0}""", "cannot be read")]
    [DataRow("post_processor", """{"type": "TemplateProcessing", "single": [], "special_tokens": {}}""", "no place for the text")]
    [DataRow("post_processor", """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}], "special_tokens": {"<s>": {"ids": ["0"]}}}""", "'<s>'")]
    [DataRow("post_processor", """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}], "special_tokens": {"<s>": {"ids": [-1]}}}""", "'<s>'")]
    [DataRow("post_processor", """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}], "special_tokens": {"<s>": {"ids": [99999999999]}}}""", "'<s>'")]
    public void A_damaged_file_is_named_with_the_place(string member, string value, string named)
    {
        var json = TinyTokenizer.Json();
        json[member] = JsonNode.Parse(value);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => TinyTokenizer.Read(json));
        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, "tokenizer.json");
    }

    [TestMethod]
    public void Text_that_the_vocabulary_cannot_spell_is_refused_rather_than_dropped()
    {
        var json = TinyTokenizer.Json();
        ((JsonObject)json["model"]!["vocab"]!).Remove("z");
        var tokenizer = TinyTokenizer.Read(json);
        CollectionAssert.AreEqual(new[] { 'a', 'b' }, tokenizer.Encode("ab").Select(i => (char)i).ToArray());
        var error = Assert.ThrowsExactly<ArgumentException>(() => tokenizer.Encode("<s>abz"));
        StringAssert.Contains(error.Message, "the character 'z' (U+007A)");
        StringAssert.Contains(error.Message, "tokenizer.json");
        CollectionAssert.AreEqual(new[] { (int)'a', 'b' }, tokenizer.Encode("azb", dropUnspellable: true).ToArray());
    }

    [TestMethod]
    public void A_file_nested_without_end_is_refused()
    {
        var json = TinyTokenizer.Json().ToJsonString().Replace("\"normalizer\":null", $"\"normalizer\":{string.Concat(Enumerable.Repeat("{\"type\":\"Sequence\",\"normalizers\":[", 100_000))}", StringComparison.Ordinal);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => PolicyTokenizer.Read(System.Text.Encoding.UTF8.GetBytes(json), TokenizerConfig.Empty));
        StringAssert.StartsWith(error.Message, "tokenizer.json is not valid JSON");
    }

    [TestMethod]
    [DataRow("""{"model": {"type": "BPE", "vocab": {"\ud800": 0}, "merges": []}}""")]
    [DataRow("""{"model": {"type": "\ud800"}}""")]
    public void Half_a_character_is_refused_with_the_file(string json)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => PolicyTokenizer.Read(System.Text.Encoding.UTF8.GetBytes(json), TokenizerConfig.Empty));
        StringAssert.StartsWith(error.Message, "tokenizer.json ");
        error = Assert.ThrowsExactly<InvalidDataException>(() => TokenizerConfig.Read("""{"eos_token": "\ud800"}"""u8.ToArray(), "tokenizer_config.json"));
        StringAssert.StartsWith(error.Message, "tokenizer_config.json ");
    }

    [TestMethod]
    public void An_id_of_the_post_processor_counts_for_the_size_of_the_vocabulary()
    {
        var json = TinyTokenizer.Json();
        json["post_processor"] = JsonNode.Parse("""{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}], "special_tokens": {"<s>": {"ids": [5000]}}}""");
        Assert.AreEqual(5001, TinyTokenizer.Read(json).VocabularySize);
    }

    [TestMethod]
    public void A_pattern_that_explodes_ends_in_an_error_that_names_it()
    {
        var json = TinyTokenizer.Json();
        json["pre_tokenizer"] = JsonNode.Parse("""{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated"}, {"type": "ByteLevel", "use_regex": false}]}""");
        var tokenizer = TinyTokenizer.Read(json);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => tokenizer.Encode(new string('a', 60) + "!"));
        StringAssert.StartsWith(error.Message, "tokenizer.json: the pattern '(a+)+$' found no end on a text of 61 characters.");
    }

    [TestMethod]
    public void A_pattern_that_is_slow_at_every_match_ends_in_the_same_error()
    {
        var pattern = TextPattern.Expression("a", "tokenizer.json");
        Assert.HasCount(5, pattern.Find("aaaaa", new SlowClock()));
        var error = Assert.ThrowsExactly<InvalidDataException>(() => pattern.Find("aaaaaaa", new SlowClock()));
        StringAssert.StartsWith(error.Message, "tokenizer.json: the pattern 'a' found no end on a text of 7 characters.");
    }

    [TestMethod]
    public void Patterns_that_are_slow_on_every_piece_end_in_the_same_error()
    {
        var json = TinyTokenizer.Json();
        json["pre_tokenizer"] = JsonNode.Parse("""{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"String": "a"}, "behavior": "Isolated"}, {"type": "ByteLevel"}]}""");
        var tokenizer = TinyTokenizer.Read(json, clock: new SlowClock());
        Assert.HasCount(4, tokenizer.Encode("aa"));
        var error = Assert.ThrowsExactly<InvalidDataException>(() => tokenizer.Encode("aaaaaaa"));
        StringAssert.StartsWith(error.Message, "tokenizer.json: the patterns found no end on a text of 7 characters.");
    }

    [TestMethod]
    [DataRow("normalizer", "normalizers", """{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaa"}""", "6.56E+03")]
    [DataRow("normalizer", "normalizers", """{"type": "Replace", "pattern": {"Regex": "a*"}, "content": "aaaaaaaa"}""", "6.56E+03")]
    [DataRow("normalizer", "normalizers", """{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "aaaaaaaa"}]}""", "6.56E+03")]
    [DataRow("normalizer", "normalizers", """{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace", "pattern": {"String": "a"}, "content": "bb"}]}""", "4.1E+03")]
    [DataRow("decoder", "decoders", """{"type": "Replace", "pattern": {"String": "aa"}, "content": "aaaaaaaaaaaaaaaaaa"}""", "6.56E+03")]
    public void Replacements_that_make_texts_without_end_are_refused(string member, string list, string part, string times)
    {
        var json = TinyTokenizer.Json();
        JsonObject Several(int count) => new() { ["type"] = "Sequence", [list] = new JsonArray([.. Enumerable.Range(0, count).Select(_ => JsonNode.Parse(part))]) };
        json[member] = Several(3);
        TinyTokenizer.Read(json);
        json[member] = Several(4);
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => TinyTokenizer.Read(json)).Message, $"steps in its '{list}' that can make a text {times} times as long");
    }

    [TestMethod]
    public void Bytes_of_bytes_of_bytes_are_refused()
    {
        var json = TinyTokenizer.Json();
        JsonObject Several(int count) => new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray([.. Enumerable.Range(0, count).Select(_ => TinyTokenizer.Bytes())]) };
        json["pre_tokenizer"] = Several(4);
        TinyTokenizer.Read(json);
        json["pre_tokenizer"] = Several(5);
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => TinyTokenizer.Read(json)).Message, "steps in its 'pretokenizers' that can make a text 1.02E+03 times as long");
    }

    /// <summary>A second passes whenever somebody looks.</summary>
    private sealed class SlowClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds++;
    }

    [TestMethod]
    public void Text_that_is_not_JSON_is_refused_with_the_file()
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => PolicyTokenizer.Read("{\"model\":"u8.ToArray(), TokenizerConfig.Empty, "dir/tokenizer.json"));
        StringAssert.Contains(error.Message, "dir/tokenizer.json");
    }
}
