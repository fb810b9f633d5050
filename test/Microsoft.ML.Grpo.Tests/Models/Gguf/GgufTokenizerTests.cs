using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Tokenizers on their way into a GGUF file and back.</summary>
[TestClass]
public class GgufTokenizerTests
{
    private const string Begin = "The model cannot be saved as GGUF with its token names: its tokenizer ";
    private const string End = ". Set PlainTokenNames = true if token ids are all that is sent to llama.cpp, or use SavePretrained.";
    private const string Text = "Hello  world's 2026 <|im_start|> caf\u0065\u0301 \n\n x1;y22<s>";

    private static readonly ModelConfig Config = GgufExportTests.Config;

    [TestMethod]
    [DataRow("gpt-2", """{"type":"ByteLevel","add_prefix_space":false}""", null, false)]
    [DataRow("smollm", """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]}""", null, false)]
    [DataRow("qwen2", Qwen2, """{"type":"NFC"}""", false)]
    [DataRow("deepseek-r1-qwen", Qwen2, """{"type":"Sequence","normalizers":[]}""", false)]
    [DataRow("llama-bpe", Llama3, null, true)]
    public void A_way_to_cut_text_has_llama_cpps_name_and_comes_back(string name, string preTokenizer, string? normalizer, bool ignoreMerges)
    {
        var tokenizer = TinyTokenizer.Json(["H e", "He l", "w o"], ignoreMerges: ignoreMerges);
        tokenizer["pre_tokenizer"] = JsonNode.Parse(preTokenizer);
        tokenizer["normalizer"] = normalizer is null ? null : JsonNode.Parse(normalizer);
        tokenizer["post_processor"] = TinyTokenizer.BosProcessor();
        using var gguf = Written(tokenizer);
        Assert.AreEqual(name, gguf.Metadata.Text(GgufTokenizer.PreKey));
        var (before, after) = (TinyTokenizer.Read(tokenizer), TinyTokenizer.Read(GgufTokenizer.Tokenizer(gguf.Metadata)));
        CollectionAssert.AreEqual(before.Encode(Text, addSpecialTokens: true).ToArray(), after.Encode(Text, addSpecialTokens: true).ToArray());
        CollectionAssert.AreEquivalent(before.SpecialIds.ToArray(), after.SpecialIds.ToArray());
    }

    [TestMethod]
    public void A_vocabulary_with_scores_comes_back_to_the_bit()
    {
        var pairs = new GgufPairs();
        pairs.Add(GgufTokenizer.ModelKey, "llama");
        pairs.Add(GgufTokenizer.PreKey, "default");
        string[] bytes = [.. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>")];
        pairs.Add(GgufTokenizer.ScoresKey, [0f, 0f, 0f, .. bytes.Select(_ => 0f), -1f, 0f, -2f, 0f, 0f, 0f, -3f, 0f, 0f]);
        pairs.Add(GgufTokenizer.AddSpace, false);
        pairs.Add(GgufTokenizer.TokensKey, ["<unk>", "<s>", "</s>", .. bytes, "\u2581t", "er", "her", "t", "e", "r", "ther", "h", "\u2581"]);
        pairs.Add(GgufTokenizer.TypesKey, [2, 3, 3, .. bytes.Select(_ => 6), 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        pairs.Add(GgufTokenizer.AddBos, true);
        pairs.Add(GgufTokenizer.AddEos, false);
        pairs.Add(GgufTokenizer.Bos, 1);
        pairs.Add(GgufTokenizer.Eos, 2);
        pairs.Add(GgufTokenizer.Unknown, 0);
        using var gguf = new GgufFile(RawGguf.Stream(pairs), "m.gguf");
        var files = new ModelFiles(
            new Dictionary<string, byte[]>
            {
                ["tokenizer.json"] = StoredDtype.ToBytes(GgufTokenizer.Tokenizer(gguf.Metadata)),
                ["tokenizer_config.json"] = StoredDtype.ToBytes(GgufTokenizer.Config(gguf.Metadata)),
            },
            "m");
        var again = new GgufPairs();
        GgufTokenizerPairs.Add(again, Config with { VocabularySize = 12 + bytes.Length, EosTokenIds = [2], PadTokenId = null }, files, [2], plainNames: false);
        var (first, second) = (RawGguf.Pairs(pairs), RawGguf.Pairs(again));
        CollectionAssert.AreEqual(first.Keys.ToArray(), second.Keys.ToArray());
        foreach (var (key, value) in first)
        {
            CollectionAssert.AreEqual(value, second[key], key);
        }
    }

    [TestMethod]
    public void Rows_without_a_token_are_unused_and_special_tokens_have_their_kinds()
    {
        var tokenizer = TinyTokenizer.Json();
        tokenizer["added_tokens"]!.AsArray().Add((JsonNode)TinyTokenizer.Added(1003, "<think>", special: false));
        using var gguf = Written(tokenizer, Config with { VocabularySize = 1005 }, config: """{"bos_token": "<s>", "eos_token": {"content": "<|im_end|>"}, "pad_token": "!", "unk_token": "<absent>"}""", stopIds: [7, 1001, 5]);
        var (tokens, types) = (gguf.Metadata.List<string>(GgufTokenizer.TokensKey)!, gguf.Metadata.List<long>(GgufTokenizer.TypesKey)!);
        Assert.AreEqual((1005, "[PAD300]", 5L), (tokens.Count, tokens[300], types[300]));
        Assert.AreEqual(("!", 1L, "<|im_start|>", 3L, "<think>", 4L), (tokens['!'], types['!'], tokens[1000], types[1000], tokens[1003], types[1003]));
        long?[] ids = [.. ((string[])[GgufTokenizer.Bos, GgufTokenizer.Eos, GgufTokenizer.EndOfTurn, GgufTokenizer.EndOfMessage, GgufTokenizer.Pad, GgufTokenizer.Unknown]).Select(gguf.Metadata.Whole)];
        CollectionAssert.AreEqual(new long?[] { 1002, 1001, 5, 7, '!', null }, ids);
        Assert.IsFalse(gguf.Metadata.Flag(GgufTokenizer.AddBos));
        Assert.AreEqual("[1001,5,7]", GgufConfig.Generation(gguf.Metadata)["eos_token_id"]!.ToJsonString());
    }

    [TestMethod]
    [DataRow("chat_template.jinja", "from its file")]
    [DataRow(null, "from the config")]
    public void The_chat_template_goes_along(string? file, string expected)
    {
        using var gguf = Written(TinyTokenizer.Json(), config: """{"chat_template": "from the config"}""", more: file is null ? [] : [(file, "from its file")]);
        Assert.AreEqual(expected, gguf.Metadata.Text(GgufTokenizer.ChatTemplateKey));
    }

    [TestMethod]
    public void Plain_names_need_nothing_of_the_tokenizer_and_do_not_pass_for_one()
    {
        var tokenizer = TinyTokenizer.Json();
        tokenizer["pre_tokenizer"] = null; // no way to cut text that llama.cpp has a name for
        tokenizer["added_tokens"]![2]!["rstrip"] = true; // nor a word
        tokenizer["added_tokens"]!.AsArray().Add((JsonNode)TinyTokenizer.Added(900, "!")); // a second token of that name
        using var gguf = Written(tokenizer, plainNames: true, config: """{"bos_token": "<s>", "chat_template": "x"}""", stopIds: [1001, 5]);
        var tokens = gguf.Metadata.List<string>(GgufTokenizer.TokensKey)!;
        Assert.HasCount(Config.VocabularySize, tokens);
        Assert.IsTrue(tokens.Select((token, id) => token == $"t{id}_").All(same => same));
        Assert.IsTrue(tokens.All(token => token.All(char.IsAscii)));
        CollectionAssert.AreEqual(
            new[] { 3, 5, 1001, 1002 },
            gguf.Metadata.List<long>(GgufTokenizer.TypesKey)!.Select((type, id) => (type, id)).Where(token => token.type != GgufTokenizer.Normal).Select(token => token.id).ToArray(),
            "pad and those that the files name");
        Assert.AreEqual((1001L, 5L), (gguf.Metadata.Whole(GgufTokenizer.Eos), gguf.Metadata.Whole(GgufTokenizer.EndOfTurn)));
        Assert.IsNull(gguf.Metadata.Text(GgufTokenizer.ChatTemplateKey));
        var error = Assert.ThrowsExactly<ModelFormatException>(() => GgufTokenizer.Tokenizer(gguf.Metadata));
        Assert.AreEqual(
            "m.gguf: metadata 'tokenizer.ggml.tokens' names tokens by their numbers, so that no text can be turned into tokens: the file is for servers that are sent ids. Use the model that it was saved from.",
            error.Message);
    }

    [TestMethod]
    public void Keys_that_nothing_reads_are_reported()
    {
        var bytes = GgufBytes.Llama().Set("tokenizer.ggml.remove_extra_whitespaces", true).Set("tokenizer.ggml.fim_pre_token_id", 3u).Set("llama.attention.scale", 0.5f).Set("general.tags", new[] { "x" }).ToArray();
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["m.gguf"], bytes);
        using var model = PretrainedModel.Load(folder["m.gguf"], ScalarType.Float32, CPU);
        CollectionAssert.AreEquivalent(new[] { "tokenizer.ggml.remove_extra_whitespaces", "llama.attention.scale" }, model.UnusedConfigKeys.ToArray());
    }

    [TestMethod]
    public void A_tokenizer_that_GGUF_has_no_words_for_is_refused_by_what_it_does()
    {
        void Refuses(string problem, Action<JsonObject> change, string? config = null)
        {
            var tokenizer = TinyTokenizer.Json(["H e"]);
            change(tokenizer);
            Assert.AreEqual(Begin + problem + End, Assert.ThrowsExactly<NotSupportedException>(() => Written(tokenizer, config: config).Dispose()).Message);
        }

        Refuses(
            "normalises text by: nothing; cuts it by: ByteLevel (add_prefix_space false, use_regex true); and has ignore_merges true: "
            + "together that is none of the ways that GGUF has a name for and that are known here (gpt-2, smollm, starcoder, refact, codeshell, qwen2, deepseek-r1-qwen, llama-bpe, llama3, llama-v3)",
            json => json["model"]!["ignore_merges"] = true);
        Refuses("has the added token '<s>' with rstrip, for which GGUF has no word", json => json["added_tokens"]![2]!["rstrip"] = true);
        Refuses("has '!' twice, as 33 and 900, and GGUF finds a token by its name", json => json["added_tokens"]!.AsArray().Add((JsonNode)TinyTokenizer.Added(900, "!")));
        Refuses(
            "puts the tokens [1002] and [] around a text, and GGUF can say that of its BOS (38) and EOS (1001) alone",
            json => json["post_processor"] = TinyTokenizer.BosProcessor(),
            """{"bos_token": "&"}""");
        Refuses(
            "has merges that no scores of its pieces give, and GGUF keeps scores alone of a vocabulary that spells spaces \u2581",
            json =>
            {
                json["model"]!["byte_fallback"] = true;
                json["model"]!["merges"] = new JsonArray("H f");
            });
        Refuses(
            "normalises text by: nothing; and cuts it by: ByteLevel (add_prefix_space false, use_regex true): GGUF has words for spaces as \u2581 alone, with or without one in front of every text",
            json => json["model"]!["byte_fallback"] = true);
    }

    [TestMethod]
    public void What_llama_cpp_would_read_otherwise_is_refused()
    {
        void Refuses(string problem, JsonObject tokenizer)
        {
            Assert.AreEqual(Begin + problem + End, Assert.ThrowsExactly<NotSupportedException>(() => Written(tokenizer, stopIds: [2]).Dispose()).Message);
        }

        JsonObject Changed(JsonObject json, Action<JsonObject> change)
        {
            change(json);
            return json;
        }

        JsonObject Llama2(Action<JsonObject> change) => Changed(TinyMetaspace.Llama2(), change);
        Written(Llama2(_ => { }), stopIds: [2]).Dispose();
        Refuses("has the added token '<s>' with normalized true and a name that the normalizer changes, for which GGUF has no word (set it to false in tokenizer.json if the name is to be found in the text as it stands)", Llama2(json => json["added_tokens"]![1]!["normalized"] = true));
        Refuses("has the added token '\u2581x' with \u2581 in its name and no part in the merges, so that text would become it otherwise in llama.cpp", Llama2(json => json["added_tokens"]!.AsArray().Add((JsonNode)TinyTokenizer.Added(999, "\u2581x"))));
        Refuses("spells characters in bytes and has no token '<0xE1>', for want of which llama.cpp would end its process", Llama2(json => json["model"]!["vocab"]!.AsObject().Remove("<0xE1>")));

        JsonObject Bytes(string? unknown) => Changed(TinyTokenizer.Json(), json =>
        {
            json["model"]!["unk_token"] = unknown;
            json["model"]!["vocab"]!.AsObject().Remove("\u0126"); // the byte 4
        });
        Written(Bytes(null)).Dispose();
        Refuses("has no token '\u0126' and reads '!' in its place, where llama.cpp reads nothing", Bytes("!"));
    }

    [TestMethod]
    public void An_id_that_llama_cpp_writes_for_none_is_none()
    {
        var bytes = GgufBytes.Llama().Set("tokenizer.ggml.padding_token_id", uint.MaxValue).Set("tokenizer.ggml.eot_token_id", uint.MaxValue)
            .Set("llama.rope.scaling.type", "linear").Set("llama.rope.scaling.factor", 0f).ToArray();
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["m.gguf"], bytes);
        using var model = PretrainedModel.Load(folder["m.gguf"], ScalarType.Float32, CPU);
        Assert.IsNull(model.Config.PadTokenId);
        CollectionAssert.AreEqual(new[] { 9 }, model.EosTokenIds.ToArray());
    }

    [TestMethod]
    public void Tokens_without_types_are_what_they_are_used_for()
    {
        using var gguf = new GgufFile(new MemoryStream(GgufBytes.Llama().Set("tokenizer.ggml.token_type", null).ToArray()), "m");
        var tokenizer = TinyTokenizer.Read(GgufTokenizer.Tokenizer(gguf.Metadata));
        CollectionAssert.AreEqual(new[] { 0, 9, 1 }, tokenizer.Encode("a<end>b").ToArray());
        CollectionAssert.AreEqual(new[] { 9 }, tokenizer.SpecialIds.ToArray());
    }

    [TestMethod]
    public void Ends_that_GGUF_has_no_keys_for_are_refused()
    {
        void Refuses(string problem, params int[] stopIds)
        {
            var error = Assert.ThrowsExactly<NotSupportedException>(() => Written(TinyTokenizer.Json(), Config with { EosTokenIds = [] }, stopIds: stopIds).Dispose());
            StringAssert.StartsWith(error.Message, $"The model cannot be saved as GGUF: it has {problem}");
        }

        Refuses("no token that ends a completion, for which llama.cpp would take one of its own choice; name one as eos_token_id in config.json");
        Refuses("4 tokens that end a completion (3, 1, 2, 4), and GGUF has keys for three; name no more in generation_config.json and config.json", 3, 1, 4, 2);
        Refuses("the token 1004 to end a completion, and weights for 1004 tokens", 1004);
    }

    private const string Qwen2 = """
        {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}
        """;

    private const string Llama3 = """
        {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}
        """;

    private static GgufFile Written(
        JsonObject tokenizer, ModelConfig? shape = null, bool plainNames = false, string? config = null, int[]? stopIds = null, params (string Name, string Text)[] more)
    {
        var files = new Dictionary<string, byte[]> { ["tokenizer.json"] = JsonSerializer.SerializeToUtf8Bytes(tokenizer) };
        foreach (var (name, text) in config is null ? more : [("tokenizer_config.json", config), .. more])
        {
            files[name] = Encoding.UTF8.GetBytes(text);
        }

        var pairs = new GgufPairs();
        GgufTokenizerPairs.Add(pairs, shape ?? Config, new ModelFiles(files, "m"), stopIds ?? [TinyTokenizer.ImEnd], plainNames);
        return new GgufFile(RawGguf.Stream(pairs), "m.gguf");
    }
}
