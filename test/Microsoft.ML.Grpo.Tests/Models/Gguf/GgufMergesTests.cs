namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class GgufMergesTests
{
    [TestMethod]
    public void A_piece_is_made_of_every_pair_of_others_the_highest_score_first()
    {
        var vocabulary = Vocabulary("a", "b", "c", "ab", "bc", "abc");
        string[] merges = [.. GgufMerges.Of(vocabulary, [0, 0, 0, -2, -1, -3])!];
        CollectionAssert.AreEqual(new[] { "b c", "a b", "a bc", "ab c" }, merges, "those of one piece by the ids of their parts");
        CollectionAssert.AreEqual(new[] { 0f, 0, 0, -1, 0, -2 }, GgufMerges.Scores(vocabulary, merges, 6));
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
        CollectionAssert.AreEqual(new[] { 0f, 0, 0, -1, 0, -2 }, GgufMerges.Scores(vocabulary, ["b c", "a b", "ab c", "a bc"], 6));
    }

    [TestMethod]
    public void A_vocabulary_of_runs_that_all_make_each_other_has_too_many()
    {
        string[] runs = [.. Enumerable.Range(1, 1000).Select(length => new string('a', length))];
        Assert.IsNull(GgufMerges.Of(Vocabulary(runs), new double[1000]), "half a million ways, of a third of a billion characters");
    }

    private static Dictionary<string, int> Vocabulary(params string[] pieces) => pieces.Select((piece, id) => (piece, id)).ToDictionary(pair => pair.piece, pair => pair.id, StringComparer.Ordinal);
}
