using CsCheck;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class IncrementalDetokenizerTests
{
    private static readonly PolicyTokenizer Bytes = TinyTokenizer.Read(TinyTokenizer.Json());

    [TestMethod]
    public void A_character_comes_whole_with_its_last_byte() =>
        CollectionAssert.AreEqual(new[] { "a", "", "é", "", "", "", "😀", "!", "" }, Pieces(Bytes, 'a', 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80, '!'));

    [TestMethod]
    public void An_unfinished_character_is_given_out_at_the_end() =>
        CollectionAssert.AreEqual(new[] { "a", "", "", "\uFFFD" }, Pieces(Bytes, 'a', 0xE4, 0xBD));

    [TestMethod]
    public void Bytes_that_are_no_character_come_with_the_next_that_is() =>
        CollectionAssert.AreEqual(new[] { "", "", "\uFFFD\uFFFDa", "" }, Pieces(Bytes, 0x80, 0xFF, 'a'));

    [TestMethod]
    public void Special_tokens_and_unknown_ids_give_no_text() =>
        CollectionAssert.AreEqual(new[] { "", "a", "", "", "b", "" }, Pieces(Bytes, TinyTokenizer.ImStart, 'a', 5000, TinyTokenizer.ImEnd, 'b'));

    [TestMethod]
    public void Special_tokens_are_text_where_they_are_not_skipped()
    {
        var stream = new IncrementalDetokenizer(Bytes, skipSpecial: false);
        Assert.AreEqual("<|im_end|>", stream.Append(TinyTokenizer.ImEnd));
    }

    [TestMethod]
    public void After_the_end_another_text_begins()
    {
        var stream = new IncrementalDetokenizer(Bytes, skipSpecial: true);
        Assert.AreEqual("", stream.Append(0xE4));
        Assert.AreEqual("\uFFFD", stream.Flush());
        Assert.AreEqual("", stream.Flush());
        Assert.AreEqual("a", stream.Append('a'));
    }

    [TestMethod]
    public void The_pieces_of_any_ids_are_their_text() =>
        Gen.Int[0, 260].Array[0, 30].Sample(ids => string.Concat(Pieces(Bytes, ids)) == Bytes.Decode(ids));

    [TestMethod]
    [DataRow(0x80)]
    [DataRow(0xE4)]
    [DataRow(5000)]
    [DataRow(TinyTokenizer.ImStart)]
    public void Tokens_that_are_no_text_for_ever_cost_no_more_each_and_what_follows_is_whole(int id)
    {
        int[] ids = [.. Enumerable.Repeat(id, 10_000), 0xF0, 0x9F, 0x98, 0x80, 'a'];
        var stream = new IncrementalDetokenizer(Bytes, skipSpecial: true);
        Assert.AreEqual(Bytes.Decode(ids), string.Concat(ids.Select(stream.Append)) + stream.Flush());
        Assert.IsLessThan(10_000 * 300, stream.Decoded, "The square would be 50 million.");
    }

    [TestMethod]
    public void Hundreds_of_bytes_that_are_mostly_no_characters_are_their_text() =>
        Gen.Int[0, 5].Select(i => new[] { 0x80, 0xFF, 0xC3, 0xA9, 0xF0, 0x9F }[i]).Array[500, 1500].Sample(ids => string.Concat(Pieces(Bytes, ids)) == Bytes.Decode(ids), iter: 50);

    [TestMethod]
    public void Byte_tokens_that_are_no_characters_for_ever_cost_no_more_each()
    {
        var tokenizer = TinyTokenizer.Read(TinyMetaspace.Gemma());
        int[] ids = [.. Enumerable.Repeat(3 + 0x80, 10_000), 260];
        var stream = new IncrementalDetokenizer(tokenizer, skipSpecial: true);
        Assert.AreEqual(tokenizer.Decode(ids), string.Concat(ids.Select(stream.Append)) + stream.Flush());
        Assert.IsLessThan(10_000 * 300, stream.Decoded);
    }

    private static string[] Pieces(PolicyTokenizer tokenizer, params int[] ids)
    {
        var stream = new IncrementalDetokenizer(tokenizer, skipSpecial: true);
        return [.. ids.Select(stream.Append), stream.Flush()];
    }
}
