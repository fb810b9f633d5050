using CsCheck;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Expected values are Unicode's own examples (UAX 15 and its test file) and Python's unicodedata.</summary>
[TestClass]
public class NfcTests
{
    [TestMethod]
    [DataRow("e\u0301", "\u00E9")]
    [DataRow("\u00E9", "\u00E9")]
    [DataRow("A\u030A", "\u00C5")]
    [DataRow("\u212B", "\u00C5")]                              // singleton
    [DataRow("q\u0307\u0323", "q\u0323\u0307")]                // reordered, not composed
    [DataRow("\u1E0B\u0323", "\u1E0D\u0307")]                  // decomposed, reordered, composed otherwise
    [DataRow("\u0344", "\u0308\u0301")]                        // excluded from composition
    [DataRow("\u0958", "\u0915\u093C")]                        // excluded script
    [DataRow("a\u0301\u0327", "\u00E1\u0327")]                 // a mark of another class does not block
    [DataRow("a\u0305\u0301", "a\u0305\u0301")]                // one of the same class does
    [DataRow("\u1112\u1161\u11AB", "\uD55C")]                  // Hangul
    [DataRow("\uAC00\u11A8", "\uAC01")]
    [DataRow("\uAC01\u11A8", "\uAC01\u11A8")]
    [DataRow("\uF900", "\u8C48")]
    [DataRow("\U0002F800", "\u4E3D")]
    [DataRow("\U0001D15E", "\U0001D157\U0001D165")]
    [DataRow("\uD800\u0301\uFFFE", "\uD800\u0301\uFFFE")]      // left alone, where string.Normalize throws
    public void Text_is_brought_to_form_C(string text, string expected) => Assert.AreEqual(expected, Nfc.Normalize(text));

    [TestMethod]
    public void Normalising_twice_changes_nothing_more()
    {
        string[] pieces = ["e", "\u0301", "\u0323", "\u0307", "\u1112", "\u1161", "\u11AB", "\u0958", "\u00E9", "\uF900", " ", "\U0001D15E"];
        Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]).Array[0, 12].Select(string.Concat)
            .Sample(text => Nfc.Normalize(Nfc.Normalize(text)) == Nfc.Normalize(text));
    }

    [TestMethod]
    public void Latin_text_is_returned_as_it_is()
    {
        var text = "Grüße, naïve café";
        Assert.AreSame(text, Nfc.Normalize(text));
    }
}
