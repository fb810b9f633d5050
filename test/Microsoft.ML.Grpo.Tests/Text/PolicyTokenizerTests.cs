using System.Text.Json.Nodes;
using CsCheck;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class PolicyTokenizerTests
{
    [TestMethod]
    public void Bytes_alone_with_no_merges_are_a_tokenizer()
    {
        var tokenizer = TinyTokenizer.Read(TinyTokenizer.Json());
        CollectionAssert.AreEqual(new[] { (int)'1', '2', '+', '3', ' ', 0xC3, 0xA9 }, tokenizer.Encode("12+3 é").ToArray());
    }

    [TestMethod]
    public void Any_text_survives_encoding_and_decoding() =>
        Gen.String.Where(s => !s.Any(char.IsSurrogate)).Sample(text =>
        {
            var tokenizer = Shared;
            return tokenizer.Decode(tokenizer.Encode(text)) == text;
        });

    [TestMethod]
    public void A_lone_surrogate_becomes_a_replacement_character() =>
        Assert.AreEqual("a\uFFFDb", Shared.Decode(Shared.Encode("a\uD800b")));

    [TestMethod]
    public void Merges_in_both_spellings_give_the_same_ids()
    {
        var pairs = TinyTokenizer.Json(["a b", "ab c"]);
        pairs["model"]!["merges"] = new JsonArray(new JsonArray("a", "b"), new JsonArray("ab", "c"));
        CollectionAssert.AreEqual(new[] { 257, 256, 'd' }, TinyTokenizer.Read(TinyTokenizer.Json(["a b", "ab c"])).Encode("abcabd").ToArray());
        CollectionAssert.AreEqual(new[] { 257, 256, 'd' }, TinyTokenizer.Read(pairs).Encode("abcabd").ToArray());
    }

    [TestMethod]
    public void Merges_apply_by_rank_not_from_left_to_right() =>
        CollectionAssert.AreEqual(new[] { 'a', 256 }, TinyTokenizer.Read(TinyTokenizer.Json(["b c", "a b"])).Encode("abc").ToArray());

    [TestMethod]
    public void A_word_of_a_million_characters_merges_as_a_short_one_does()
    {
        string[] merges = ["a a", "aa aa", "aaaa aaaa", "a b", "b \u00C3", "\u00C3 \u00A9"];
        var ids = TinyTokenizer.Read(TinyTokenizer.Json(merges)).Encode(new string('a', 1_000_003) + "b\u00E9");
        CollectionAssert.AreEqual(Enumerable.Repeat(258, 125_000).Append(256).Append(259).Append(261).ToArray(), ids.ToArray());
    }

    [TestMethod]
    public void A_whole_word_that_merges_do_not_reach_is_one_token_only_with_ignore_merges()
    {
        CollectionAssert.AreEqual(new[] { (int)'x', 'y', 'z' }, TinyTokenizer.Read(TinyTokenizer.Json(words: ["xyz"])).Encode("xyz").ToArray());
        CollectionAssert.AreEqual(new[] { 256 }, TinyTokenizer.Read(TinyTokenizer.Json(words: ["xyz"], ignoreMerges: true)).Encode("xyz").ToArray());
        CollectionAssert.AreEqual(new[] { 256 }, TinyTokenizer.Read(TinyTokenizer.Json(words: ["ĠxÃ©"], ignoreMerges: true)).Encode(" xé").ToArray());
    }

    [TestMethod]
    public void The_longest_of_several_added_tokens_wins_whatever_their_order()
    {
        var json = TinyTokenizer.Json();
        json["added_tokens"] = new JsonArray(TinyTokenizer.Added(300, "<t", special: false), TinyTokenizer.Added(301, "<tool>", special: false));
        CollectionAssert.AreEqual(new[] { 301, 300, 'x' }, TinyTokenizer.Read(json).Encode("<tool><tx").ToArray());
    }

    [TestMethod]
    public void Special_tokens_are_ids_of_their_own_and_left_out_on_request()
    {
        var ids = Shared.Encode("<|im_start|>a<|im_end|>");
        CollectionAssert.AreEqual(new[] { TinyTokenizer.ImStart, 'a', TinyTokenizer.ImEnd }, ids.ToArray());
        Assert.AreEqual("a", Shared.Decode(ids));
        Assert.AreEqual("<|im_start|>a<|im_end|>", Shared.Decode(ids, skipSpecial: false));
        CollectionAssert.AreEquivalent(new[] { 1000, 1001, 1002 }, Shared.SpecialIds.ToArray());
    }

    [TestMethod]
    public void Ids_beyond_the_vocabulary_and_in_its_gaps_decode_to_nothing() =>
        Assert.AreEqual("ab", Shared.Decode([5000, 'a', 700, int.MaxValue, 'b', -1]));

    [TestMethod]
    public void The_post_processors_tokens_are_added_on_request_only()
    {
        var json = TinyTokenizer.Json();
        json["post_processor"] = TinyTokenizer.BosProcessor();
        var tokenizer = TinyTokenizer.Read(json);
        CollectionAssert.AreEqual(new[] { TinyTokenizer.Bos, 'a' }, tokenizer.Encode("a", addSpecialTokens: true).ToArray());
        CollectionAssert.AreEqual(new[] { (int)'a' }, tokenizer.Encode("a").ToArray());
    }

    [TestMethod]
    [DataRow("""{"eos_token": "<|im_end|>", "pad_token": {"content": "<s>"}}""", 1001, 1002)]
    [DataRow("""{"eos_token": {"__type": "AddedToken", "content": "<|im_end|>"}, "pad_token": null}""", 1001, null)]
    [DataRow("""{"eos_token": "<nowhere>"}""", null, null)]
    public void Eos_and_pad_come_as_text_or_object(string config, int? eos, int? pad)
    {
        var tokenizer = TinyTokenizer.Read(TinyTokenizer.Json(), config);
        Assert.AreEqual(eos, tokenizer.EosTokenId);
        Assert.AreEqual(pad, tokenizer.PadTokenId);
    }

    [TestMethod]
    public void Encoding_from_many_threads_gives_the_same_ids()
    {
        var texts = Enumerable.Range(0, 200).Select(i => $"word{i % 17} abc ab {i}").ToArray();
        var tokenizer = TinyTokenizer.Read(TinyTokenizer.Json(["a b", "ab c"]));
        var alone = texts.Select(t => string.Join(' ', tokenizer.Encode(t))).ToArray();
        var together = texts.AsParallel().AsOrdered().Select(t => string.Join(' ', tokenizer.Encode(t))).ToArray();
        CollectionAssert.AreEqual(alone, together);
    }

    private static readonly PolicyTokenizer Shared = TinyTokenizer.Read(TinyTokenizer.Json());
}
