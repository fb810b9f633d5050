using System.Text;
using CsCheck;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Expected values are Unicode's own examples (UAX 15 and its test file) and Python's unicodedata.</summary>
[TestClass]
public class UnicodeFormTests
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
    public void Text_is_brought_to_form_C(string text, string expected) => Assert.AreEqual(expected, UnicodeForm.Normalize(text, NormalizationForm.FormC));

    [TestMethod]
    [DataRow("\u00E9\u1E0B\u0323", "e\u0301d\u0323\u0307", "\u00E9\u1E0D\u0307", "e\u0301d\u0323\u0307")]
    [DataRow("\uFB01\u2460\u00BD", "\uFB01\u2460\u00BD", "fi11\u20442", "fi11\u20442")]
    [DataRow("\uFF21\uFF76\uFF9E", "\uFF21\uFF76\uFF9E", "A\u30AC", "A\u30AB\u3099")]      // wide and narrow
    [DataRow("\u1E9B\u0323", "\u017F\u0323\u0307", "\u1E69", "s\u0323\u0307")]             // UAX 15, figure 6
    [DataRow("\uD55C", "\u1112\u1161\u11AB", "\uD55C", "\u1112\u1161\u11AB")]
    [DataRow("\U0001D518\U0001D7D9", "\U0001D518\U0001D7D9", "U1", "U1")]
    [DataRow("\u00A0x", "\u00A0x", " x", " x")]
    public void Text_is_brought_to_the_other_forms(string text, string d, string kc, string kd)
    {
        Assert.AreEqual(d, UnicodeForm.Normalize(text, NormalizationForm.FormD));
        Assert.AreEqual(kc, UnicodeForm.Normalize(text, NormalizationForm.FormKC));
        Assert.AreEqual(kd, UnicodeForm.Normalize(text, NormalizationForm.FormKD));
    }

    [TestMethod]
    public void A_long_run_of_marks_is_sorted_stably()
    {
        var marks = string.Concat(Enumerable.Repeat("\u0301\u0323\u0300\u0316", 20_000));
        var sorted = "a" + string.Concat(Enumerable.Repeat("\u0323\u0316", 20_000)) + string.Concat(Enumerable.Repeat("\u0301\u0300", 20_000));
        Assert.AreEqual(sorted, UnicodeForm.Normalize("a" + marks, NormalizationForm.FormD));
    }

    [TestMethod]
    [DataRow(NormalizationForm.FormC)]
    [DataRow(NormalizationForm.FormD)]
    [DataRow(NormalizationForm.FormKC)]
    [DataRow(NormalizationForm.FormKD)]
    public void Normalising_twice_changes_nothing_more(NormalizationForm form)
    {
        string[] pieces = ["e", "\uFB01", "\u1E9B", "\u0301", "\u0323", "\u0307", "\u1112", "\u1161", "\u11AB", "\u0958", "\u00E9", "\uF900", " ", "\U0001D15E"];
        Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]).Array[0, 12].Select(string.Concat)
            .Sample(text => UnicodeForm.Normalize(UnicodeForm.Normalize(text, form), form) == UnicodeForm.Normalize(text, form));
    }

    [TestMethod]
    public void Latin_text_is_returned_as_it_is()
    {
        var text = "Grüße, naïve café";
        Assert.AreSame(text, UnicodeForm.Normalize(text, NormalizationForm.FormC));
    }
}
