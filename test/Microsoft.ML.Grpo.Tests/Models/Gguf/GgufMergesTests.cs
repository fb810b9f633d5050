using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class GgufMergesTests
{
    [TestMethod]
    public void A_piece_is_made_of_every_pair_of_others_the_highest_score_first()
    {
        var vocabulary = Vocabulary("a", "b", "c", "ab", "bc", "abc");
        string[] merges = [.. GgufMerges.Of(vocabulary, [0, 0, 0, -2, -1, -3])];
        CollectionAssert.AreEqual(new[] { "b c", "a b", "ab c", "a bc" }, merges, "of one piece's the longer left part comes first");
        CollectionAssert.AreEqual(new[] { 0f, 0, 0, -1, 0, -2 }, GgufMerges.Scores(vocabulary, merges, 6));
    }

    [TestMethod]
    public void Equal_scores_go_by_the_lengths_of_the_parts_and_then_by_their_ids()
    {
        var vocabulary = Vocabulary("d", "c", "b", "a", "ab", "cd", "abcd", "abc", "\U0001F600", "a\U0001F600");
        CollectionAssert.AreEqual(
            new[] { "abc d", "ab cd", "ab c", "a b", "c d", "a \U0001F600" },
            GgufMerges.Of(vocabulary, new double[10]).ToArray(),
            "a character beyond 2^16 has the length 1, as Python counts it");
    }

    [TestMethod]
    public void Merges_of_another_making_have_no_scores()
    {
        Assert.IsNull(GgufMerges.Scores(Vocabulary("a", "b"), ["a b"], 2), "what they make is no piece");
        Assert.IsNull(GgufMerges.Scores(Vocabulary("a", "b", "c", "ab", "bc", "abc"), ["a b", "b c", "ab c"], 6), "a bc is missing");
        Assert.IsNull(GgufMerges.Scores(Vocabulary("a", "b", "c", "ab", "bc", "abc"), ["ab c", "a b", "a bc", "b c"], 6), "the pairs of one piece lie apart");
    }

    [TestMethod]
    public void The_order_of_one_pieces_pairs_is_not_in_the_scores()
    {
        var vocabulary = Vocabulary("a", "b", "c", "ab", "bc", "abc");
        CollectionAssert.AreEqual(new[] { 0f, 0, 0, -1, 0, -2 }, GgufMerges.Scores(vocabulary, ["b c", "a b", "a bc", "ab c"], 6));
    }

    [TestMethod]
    public void A_real_vocabulary_goes_through_scores_and_gives_the_same_ids_for_every_text()
    {
        var folder = SharedGoldens.Require("text/tokenizers/metaspace-llama2");
        var json = JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")))!.AsObject();
        var model = json["model"]!;
        var vocabulary = model["vocab"]!.AsObject().ToDictionary(token => token.Key, token => token.Value!.GetValue<int>(), StringComparer.Ordinal);
        string[] merges = [.. model["merges"]!.AsArray().Select(merge => merge is JsonArray pair ? $"{pair[0]} {pair[1]}" : merge!.GetValue<string>())];
        var scores = GgufMerges.Scores(vocabulary, merges, vocabulary.Count);
        Assert.IsNotNull(scores);
        string[] back = [.. GgufMerges.Of(vocabulary, [.. scores.Select(score => (double)score)])];
        CollectionAssert.AreEquivalent(merges, back);
        CollectionAssert.AreNotEqual(merges, back, "The file's conversion orders the pairs of one piece by their ids alone.");

        model["merges"] = new JsonArray([.. back.Select(merge => JsonValue.Create(merge))]);
        var tokenizer = TinyTokenizer.Read(json);
        using var strings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "strings.json")));
        foreach (var text in strings.RootElement.EnumerateArray())
        {
            var ids = text.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray();
            CollectionAssert.AreEqual(ids, tokenizer.Encode(text.GetProperty("text").GetString()!).ToArray(), text.GetProperty("text").GetString());
        }
    }

    private static Dictionary<string, int> Vocabulary(params string[] pieces) => pieces.Select((piece, id) => (piece, id)).ToDictionary(pair => pair.piece, pair => pair.id, StringComparer.Ordinal);
}
