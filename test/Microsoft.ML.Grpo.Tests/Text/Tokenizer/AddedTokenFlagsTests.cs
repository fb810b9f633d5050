using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class AddedTokenFlagsTests
{
    [TestMethod]
    [DataRow("lstrip", "a \n<m> b", "a # \u0120 b")]
    [DataRow("rstrip", "a <m> \u3000b", "a \u0120 # b")]
    [DataRow("single_word", "a<m> <m>_ <m>", "a < m > \u0120 < m > _ \u0120 #")]
    public void White_space_goes_with_a_token_and_words_keep_it_off(string flag, string text, string tokens) => Assert.AreEqual(tokens, Tokens(Json(flag), text));

    [TestMethod]
    public void Space_between_two_tokens_goes_with_the_first_that_asks_for_it()
    {
        var json = Json("lstrip");
        json["added_tokens"]![0]!["rstrip"] = true;
        Assert.AreEqual("# #", Tokens(json, "  <m>  <m>  "));
    }

    [TestMethod]
    public void A_token_that_is_space_itself_goes_with_the_one_before_it()
    {
        var json = Json("lstrip");
        var token = json["added_tokens"]![0]!;
        (token["rstrip"], token["content"]) = (true, "\t");
        Assert.AreEqual("a # b", Tokens(json, "a\t\t \tb"));
    }

    [TestMethod]
    [DataRow("lstrip")]
    [DataRow("rstrip")]
    public void White_space_is_looked_at_once_however_many_tokens_it_is(string flag)
    {
        // Looked at again for each token it would be hours.
        var json = Json(flag);
        json["added_tokens"]![0]!["content"] = "\t";
        Assert.AreEqual(2_000_000, TinyTokenizer.Read(json).Encode(new string('\t', 2_000_000)).Count(id => id == 300));
    }

    [TestMethod]
    public void A_normalised_token_is_found_in_normalised_text_only_and_decodes_to_that()
    {
        var json = Json("special");
        json["normalizer"] = JsonNode.Parse("""{"type": "NFKC"}""");
        json["added_tokens"] = new JsonArray(Added(300, "\uFB01x", normalized: true), Added(301, "y\uFB01", normalized: false));
        var tokenizer = TinyTokenizer.Read(json);
        CollectionAssert.AreEqual(new[] { 300, 300, (int)'y', 'f', 'i', 301 }, tokenizer.Encode("fix\uFB01xyfiy\uFB01").ToArray());
        Assert.AreEqual("fix", tokenizer.Decode([300]));
        Assert.AreEqual("y\uFB01", tokenizer.Decode([301]));
        Assert.AreEqual(300, tokenizer.TokenId("\uFB01x"));
    }

    [TestMethod]
    public void Tokens_of_raw_text_come_before_those_of_normalised_text()
    {
        var json = Json("special");
        json["added_tokens"] = new JsonArray(Added(300, "ab", normalized: true), Added(301, "bc", normalized: false));
        CollectionAssert.AreEqual(new[] { (int)'a', 301, 300 }, TinyTokenizer.Read(json).Encode("abcab").ToArray());
    }

    [TestMethod]
    public void Special_tokens_are_text_on_request_and_others_are_not()
    {
        var json = TinyTokenizer.Json();
        ((JsonArray)json["added_tokens"]!).Add(TinyTokenizer.Added(1003, "<m>", special: false));
        CollectionAssert.AreEqual(new[] { (int)'<', 's', '>', 1003 }, TinyTokenizer.Read(json).Encode("<s><m>", specialAsText: true).ToArray());
    }

    [TestMethod]
    public void A_token_with_two_ids_is_refused()
    {
        var json = TinyTokenizer.Json();
        json["added_tokens"] = new JsonArray(TinyTokenizer.Added(700, "a"));
        var error = Assert.ThrowsExactly<InvalidDataException>(() => TinyTokenizer.Read(json));
        StringAssert.Contains(error.Message, "'a' has the id 700 in added_tokens, and 97 in model.vocab");
    }

    private static JsonObject Json(string flag)
    {
        var json = TinyTokenizer.Json();
        var token = TinyTokenizer.Added(300, "<m>", special: false);
        token[flag] = true;
        json["added_tokens"] = new JsonArray(token);
        return json;
    }

    private static JsonObject Added(int id, string content, bool normalized)
    {
        var token = TinyTokenizer.Added(id, content, special: false);
        token["normalized"] = normalized;
        return token;
    }

    /// <summary>Bytes by their spelling, the added token as #.</summary>
    private static string Tokens(JsonObject json, string text)
    {
        var names = ByteLevel.Characters.ToDictionary(c => (int)c.Byte, c => c.Character.ToString());
        return string.Join(' ', TinyTokenizer.Read(json).Encode(text).Select(id => names.GetValueOrDefault(id, "#")));
    }
}
