using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Ids and texts are those of Hugging Face's library, on tokenizers that are made here.</summary>
[TestClass]
public class TokenizersLibraryTests
{
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private const string Qwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private const string LastBytes = """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}""";

    [TestMethod]
    [DataRow("GPT-2", "null", """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}""", false)]
    [DataRow("GPT-2 with a space in front", "null", """{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}""", false)]
    [DataRow("Llama 3", "null", $$"""{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "{{Llama3}}"}, "behavior": "Isolated", "invert": false}, {{LastBytes}}]}""", true)]
    [DataRow("Qwen2", """{"type": "NFC"}""", $$"""{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "{{Qwen2}}"}, "behavior": "Isolated", "invert": false}, {{LastBytes}}]}""", false)]
    [DataRow("SmolLM2", "null", """{"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true}, {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]}""", false)]
    public void Byte_level_tokenizers_of_real_models_agree(string name, string normalizer, string preTokenizer, bool ignoreMerges)
    {
        var json = TinyTokenizer.Json(["a b", "\u0120 a", "b c", "ab c", "1 2", "12 3", "\u00C3 \u00A9", "' s", "\u0120 \u0120", "\u010A \u010A"], ["xyz", "\u0120abc"], ignoreMerges);
        json["added_tokens"] = new JsonArray(TinyTokenizer.Added(((JsonObject)json["model"]!["vocab"]!).Count, "<s>"));
        json["normalizer"] = JsonNode.Parse(normalizer);
        json["pre_tokenizer"] = JsonNode.Parse(preTokenizer);
        json["post_processor"] = JsonNode.Parse("""{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}""");
        Compare(json, new Draw(name.Length), texts: 400, name);
    }

    [TestMethod]
    public void SentencePiece_tokenizers_of_real_models_agree()
    {
        foreach (var (name, json) in new (string, JsonObject)[]
        {
            ("Llama 2", TinyMetaspace.Llama2()), ("Gemma", TinyMetaspace.Gemma()),
            ("Mistral", TinyMetaspace.Metaspace("first", split: false)), ("Mistral, split", TinyMetaspace.Metaspace("first", split: true)),
            ("always", TinyMetaspace.Metaspace("always", split: true)), ("never", TinyMetaspace.Metaspace("never", split: false)),
            ("unknown", TinyMetaspace.Json(TinyMetaspace.Prepend, null, TinyMetaspace.Part("always", true), fallback: false)),
            ("unknown, each", TinyMetaspace.Json(TinyMetaspace.Replace, null, TinyMetaspace.Part("never", true), fallback: false, fuse: false)),
            ("left out", TinyMetaspace.Json(null, null, null, fallback: false, unknown: false)),
        })
        {
            json["post_processor"] = JsonNode.Parse(
                """
                {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                 "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                 "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}}
                """);
            Compare(json, new Draw(name.Length), texts: 300, name);
        }
    }

    [TestMethod]
    public void Tokenizers_of_parts_that_no_model_combines_agree()
    {
        for (var seed = 0; seed < 150; seed++)
        {
            var draw = new Draw(seed);
            Compare(seed % 2 == 0 ? DrawnTokenizer.ByteLevel(draw) : DrawnTokenizer.Metaspace(draw), draw, texts: 12, $"seed {seed}");
        }
    }

    [TestMethod]
    public void A_mark_before_the_first_piece_agrees_whatever_stands_around_it()
    {
        for (var seed = 1000; seed < 1060; seed++)
        {
            var draw = new Draw(seed);
            Compare(DrawnTokenizer.MetaspaceFirst(draw), draw, texts: 12, $"seed {seed}");
        }
    }

    [TestMethod]
    public void Words_of_any_length_agree()
    {
        var json = TinyTokenizer.Json(["a b", "b a", "ab ab", "c a", "ca b", "b b", "abab c", "a a", "aa aa"]);
        json["added_tokens"] = new JsonArray();
        using var reference = HuggingFace.Load(json);
        var ours = TinyTokenizer.Read(json);
        var random = new Random(3);
        foreach (var length in (int[])[10, 999, 1000, 1001, 1002, 5000, 50_000])
        {
            var text = string.Concat(Enumerable.Range(0, length).Select(_ => "aabbc"[random.Next(5)]));
            CollectionAssert.AreEqual(reference.Encode(text), ours.Encode(text).ToArray(), $"{length} characters");
        }
    }

    [TestMethod]
    [DataRow("NFC", NormalizationForm.FormC)]
    [DataRow("NFD", NormalizationForm.FormD)]
    [DataRow("NFKC", NormalizationForm.FormKC)]
    [DataRow("NFKD", NormalizationForm.FormKD)]
    public void Every_code_point_of_a_plane_in_use_and_any_order_of_marks_is_normalised_as_there(string name, NormalizationForm form)
    {
        var json = TinyTokenizer.Json();
        json["added_tokens"] = new JsonArray();
        json["normalizer"] = new JsonObject { ["type"] = name };
        json["pre_tokenizer"] = TinyTokenizer.Bytes(useRegex: false);
        using var reference = HuggingFace.Load(json);
        var random = new Random(1);
        int[] marks = [.. Enumerable.Range(0, 0x20000).Where(c => Rune.IsValid(c) && Rune.GetUnicodeCategory(new Rune(c)) == System.Globalization.UnicodeCategory.NonSpacingMark)];
        var texts = Enumerable.Range(1, 0x3FFFF).Concat(Enumerable.Range(0xE0000, 0x10000)).Where(Rune.IsValid).Select(c => $"{new Rune(c)}")
            .Concat(Enumerable.Range(0, 20_000).Select(_ => $"{(char)random.Next(0x40, 0x250)}{new Rune(marks[random.Next(marks.Length)])}{new Rune(marks[random.Next(marks.Length)])}{new Rune(marks[random.Next(marks.Length)])}"));
        foreach (var chunk in texts.Chunk(200))
        {
            // The line breaks keep them apart: nothing composes with one.
            var text = string.Join('\n', chunk);
            var expected = Encoding.UTF8.GetString([.. reference.Encode(text).Select(id => (byte)id)]);
            Assert.AreEqual(expected, UnicodeForm.Normalize(text, form));
        }
    }

    private static void Compare(JsonObject json, Draw draw, int texts, string name)
    {
        using var reference = HuggingFace.Load(json);
        var ours = TinyTokenizer.Read(json);

        // Version 0.22 decodes an added token that is normalised to its own spelling, later ones to the normalised one.
        var respelled = ((JsonArray)json["added_tokens"]!).Where(token => (bool)token!["normalized"]!).Select(token => (int)token!["id"]!).ToHashSet();
        for (var i = 0; i < texts; i++)
        {
            var text = draw.Text(14);
            var ids = reference.Encode(text);
            Assert.AreEqual(string.Join(' ', ids), string.Join(' ', ours.Encode(text, addSpecialTokens: true, dropUnspellable: true)), $"{name}: '{text}'");
            int[] any = [.. ids, .. Enumerable.Range(0, draw.Below(6)).Select(_ => draw.Below(ours.VocabularySize + 1))];
            if (!any.Any(respelled.Contains))
            {
                Assert.AreEqual(reference.Decode(any), ours.Decode(any), $"{name}: {string.Join(' ', any)}");
            }

            var stream = new IncrementalDetokenizer(ours, skipSpecial: true);
            Assert.AreEqual(ours.Decode(ids), string.Concat(ids.Select(stream.Append)) + stream.Flush(), $"{name}: {string.Join(' ', ids)}");
        }
    }
}
