using RealModel;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class AnswerFormTests
{
    [TestMethod]
    [DataRow("<answer> 7\n</answer>", "7")]
    [DataRow("<answer>1</answer> then <answer>2</answer>.", "2")]
    [DataRow("<answer>1<answer>2</answer>", "1<answer>2")]
    [DataRow("<answer>\u001Cx\u00A0</answer>", "x")]
    [DataRow("<answer>1</answer><answer>2", "1")]
    [DataRow("<ANSWER>7</ANSWER>", null)]
    [DataRow("7</answer>", null)]
    public void The_last_pair_of_tags_holds_the_answer(string completion, string? answer) => Assert.AreEqual(answer, AnswerForm.Tags.Extract(completion));

    [TestMethod]
    [DataRow("7 + 5 = 12.", "12")]
    [DataRow("It is -3.50!", "-3.50")]
    [DataRow("9-2", "-2")]
    [DataRow("twelve", null)]
    public void The_last_number_is_the_answer(string completion, string? answer) => Assert.AreEqual(answer, AnswerForm.LastNumber.Extract(completion));

    [TestMethod]
    [DataRow("The number 3 is odd.", "odd")]
    [DataRow("\u00C9t\u00E9!", "\u00C9t\u00E9")]
    [DataRow("a well-known don\u2019t -", "don\u2019t")]
    [DataRow("it's (well-known)", "well-known")]
    [DataRow("x 42", "42")]
    [DataRow("... !", null)]
    public void The_last_word_is_the_answer(string completion, string? answer) => Assert.AreEqual(answer, AnswerForm.LastWord.Extract(completion));

    [TestMethod]
    [DataRow("tags", " <answer>7</answer>\n", true)]
    [DataRow("tags", "So <answer>7</answer>", false)]
    [DataRow("tags", "<answer>7</answer> <answer>8</answer>", false)]
    [DataRow("tags", "<answer>7<answer>8</answer>", false)]
    [DataRow("tags", "<answer>", false)]
    [DataRow("last-number", " -7.5\n", true)]
    [DataRow("last-number", "7.", false)]
    [DataRow("last-number", "7 8", false)]
    [DataRow("last-number", "", false)]
    [DataRow("last-word", " odd\n", true)]
    [DataRow("last-word", "odd.", false)]
    public void The_form_is_kept_where_there_is_nothing_but_an_answer(string form, string completion, bool alone) =>
        Assert.AreEqual(alone, AnswerForm.All.Single(f => f.Name == form).IsAlone!(completion));

    [TestMethod]
    public void The_whole_completion_has_no_form_to_keep()
    {
        Assert.AreEqual(" a\n", AnswerForm.Whole.Extract(" a\n"));
        Assert.IsNull(AnswerForm.Whole.IsAlone);
    }
}
