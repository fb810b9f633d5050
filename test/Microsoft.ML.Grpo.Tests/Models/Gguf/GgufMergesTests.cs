using System.Text.Json;

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
    [DataRow("metaspace-llama2")]
    [DataRow("metaspace-gemma")]
    public void The_scores_of_a_real_vocabulary_give_the_merges_that_its_conversion_has(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedGoldens.Require($"text/tokenizers/{name}"), "tokenizer.json")));
        var model = json.RootElement.GetProperty("model");
        var vocabulary = model.GetProperty("vocab").EnumerateObject().ToDictionary(token => token.Name, token => token.Value.GetInt32(), StringComparer.Ordinal);

        // SentencePiece's BPE numbers its pieces as it makes them, and scores them by that.
        double[] scores = [.. Enumerable.Range(0, vocabulary.Count).Select(id => -(double)id)];
        string[] expected = [.. model.GetProperty("merges").EnumerateArray().Select(merge => merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}")];
        CollectionAssert.AreEqual(expected, GgufMerges.Of(vocabulary, scores).ToArray());
    }

    private static Dictionary<string, int> Vocabulary(params string[] pieces) => pieces.Select((piece, id) => (piece, id)).ToDictionary(pair => pair.piece, pair => pair.id, StringComparer.Ordinal);
}
