namespace Microsoft.ML.Grpo.Tests;

/// <summary>Expected values are the tokenizers library's own examples, and what it gives for the rest.</summary>
[TestClass]
public class SplitBehaviorTests
{
    [TestMethod]
    [DataRow("Removed", false, "the|final|countdown")]
    [DataRow("Isolated", false, "the|-|final|-|-|countdown")]
    [DataRow("MergedWithPrevious", false, "the-|final-|-|countdown")]
    [DataRow("MergedWithNext", false, "the|-final|-|-countdown")]
    [DataRow("Contiguous", false, "the|-|final|--|countdown")]
    [DataRow("Removed", true, "-|-|-")]
    [DataRow("Isolated", true, "the|-|final|-|-|countdown")]
    [DataRow("MergedWithPrevious", true, "the|-final|-|-countdown")]
    [DataRow("MergedWithNext", true, "the-|final-|-|countdown")]
    [DataRow("Contiguous", true, "the|-|final|--|countdown")]
    public void Text_is_cut_at_matches_as_the_behaviour_says(string behavior, bool invert, string pieces) =>
        Assert.AreEqual(pieces, Cut(PreTokenizerSteps.Split(TextPattern.Literal("-"), Enum.Parse<SplitBehavior>(behavior), invert), "the-final--countdown"));

    [TestMethod]
    public void Empty_matches_cut_too() =>
        Assert.AreEqual("b|aa|b|b", Cut(PreTokenizerSteps.Split(TextPattern.Expression("a*", "f"), SplitBehavior.Isolated), "baabb"));

    [TestMethod]
    [DataRow(true, "a|1|2|\u00BD|b")]
    [DataRow(false, "a|12\u00BD|b")]
    public void Digits_come_singly_or_together(bool individual, string pieces) => Assert.AreEqual(pieces, Cut(PreTokenizerSteps.Digits(individual), "a12\u00BDb"));

    [TestMethod]
    [DataRow("ab cd", "\u0120ab|\u0120cd")]
    [DataRow(" ab", "\u0120ab")]
    public void A_space_is_put_before_text_that_has_none(string text, string pieces) =>
        Assert.AreEqual(pieces, Cut(PreTokenizerSteps.Bytes(prefixSpace: true, useRegex: true), text));

    private static string Cut(PreTokenizerStep step, string text) => string.Join('|', step(new TextPiece(text, First: true)).Select(piece => piece.Text));
}
