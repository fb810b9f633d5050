using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class DecoderTests
{
    private static readonly string[] Tokens = ["▁▁a", "▁b", "<0xC3>", "<0xA9>", "<0x41>", "c", "<0xC3>", "<0x41>"];

    [TestMethod]
    [DataRow("""{"type": "ByteFallback"}""", "▁▁a|▁b|\u00E9A|c|\uFFFD|\uFFFD")]
    [DataRow("""{"type": "Fuse"}""", "▁▁a▁b<0xC3><0xA9><0x41>c<0xC3><0x41>")]
    [DataRow("""{"type": "Strip", "content": "▁", "start": 1, "stop": 0}""", "▁a|b|<0xC3>|<0xA9>|<0x41>|c|<0xC3>|<0x41>")]
    [DataRow("""{"type": "Strip", "content": ">", "start": 3, "stop": 3}""", "▁▁a|▁b|<0xC3|<0xA9|<0x41|c|<0xC3|<0x41")]
    [DataRow("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}""", "a| b|<0xC3>|<0xA9>|<0x41>|c|<0xC3>|<0x41>")]
    [DataRow("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never"}""", "  a| b|<0xC3>|<0xA9>|<0x41>|c|<0xC3>|<0x41>")]
    [DataRow("""{"type": "Replace", "pattern": {"Regex": "▁+|c"}, "content": "$1"}""", "$1a|$1b|<0xC3>|<0xA9>|<0x41>|$1|<0xC3>|<0x41>")]
    [DataRow("null", "▁▁a ▁b <0xC3> <0xA9> <0x41> c <0xC3> <0x41>")]
    public void Each_step_changes_the_tokens_in_its_way(string decoder, string expected)
    {
        var tokens = Tokens.ToList();
        foreach (var step in DecoderJson.Read(JsonNode.Parse(decoder) is null ? null : System.Text.Json.JsonDocument.Parse(decoder).RootElement, "f"))
        {
            tokens = step(tokens);
        }

        Assert.AreEqual(expected, string.Join('|', tokens));
    }

    [TestMethod]
    public void A_space_before_the_text_is_dropped_once_and_not_before_every_piece_of_a_stream()
    {
        var tokenizer = TinyTokenizer.Read(TinyMetaspace.Llama2());
        var stream = new IncrementalDetokenizer(tokenizer, skipSpecial: true);
        var ids = (int[])[1, .. tokenizer.Encode(" a abc  \U0001F601\U0001F600 de")];
        string[] pieces = [.. ids.Select(stream.Append), stream.Flush()];
        CollectionAssert.AreEqual(new[] { "", "", " a", " abc", "  ", "", "", "", "\U0001F601", "\U0001F600", " de", "" }, pieces);
        Assert.AreEqual(tokenizer.Decode(ids), string.Concat(pieces));
    }

    [TestMethod]
    public void Two_spaces_dropped_before_the_text_are_not_dropped_within_it()
    {
        var tokenizer = TinyTokenizer.Read(TinyMetaspace.Json(null, null, TinyMetaspace.StrippingDecoder.Replace("\"start\": 1", "\"start\": 2", StringComparison.Ordinal)));
        var stream = new IncrementalDetokenizer(tokenizer, skipSpecial: true);
        int[] ids = [.. ((string[])["▁", "▁▁", "a", "▁", "▁a"]).Select(token => tokenizer.TokenId(token)!.Value)];
        CollectionAssert.AreEqual(new[] { "", " ", "a", " ", " a", "" }, (string[])[.. ids.Select(stream.Append), stream.Flush()]);
    }

    [TestMethod]
    public void Bytes_shown_as_a_character_stay_where_later_ones_make_the_run_invalid()
    {
        var tokenizer = TinyTokenizer.Read(TinyMetaspace.Gemma());
        var stream = new IncrementalDetokenizer(tokenizer, skipSpecial: true);
        int[] ids = [3 + 0xC3, 3 + 0xA9, 3 + 0xC3, tokenizer.TokenId("a")!.Value];
        CollectionAssert.AreEqual(new[] { "", "\u00E9", "", "\uFFFDa", "" }, (string[])[.. ids.Select(stream.Append), stream.Flush()]);
        Assert.AreEqual("\uFFFD\uFFFD\uFFFDa", tokenizer.Decode(ids));
    }
}
