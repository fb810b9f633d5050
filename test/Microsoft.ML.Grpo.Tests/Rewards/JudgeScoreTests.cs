namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class JudgeScoreTests
{
    [TestMethod]
    [DataRow("7", 7.0)]
    [DataRow("First 3, then 4. Score: **8.5**.", 8.5)]
    [DataRow("Score: 7/10", 7.0)]
    [DataRow("7 out of 10", 7.0)]
    [DataRow("I give it 6.5 / 10.", 6.5)]
    [DataRow("a 7 OUT OF\n10 for you", 7.0)]
    [DataRow(".5", 0.5)]
    [DataRow("+3", 3.0)]
    [DataRow("on a scale of 0-10: 0", 0.0)]
    [DataRow("**8**/10", 8.0)]
    [DataRow("__8__ / __10__", 8.0)]
    [DataRow("**8** out of **10**", 8.0)]
    [DataRow("\\boxed{3}/10", 3.0)]
    [DataRow("$\\frac{8}{10}$", 8.0)]
    [DataRow("3 of 10", 3.0)]
    [DataRow("8 (out of 10)", 8.0)]
    [DataRow("8, out of a possible 10", 8.0)]
    [DataRow("8 points of the 10", 8.0)]
    [DataRow("8\u204410", 8.0)]
    [DataRow("8 on a scale of 0 to 10.", 8.0)]
    [DataRow("On a scale of 0 to 10, it is an 8.", 8.0)]
    [DataRow("a score of 8", 8.0)]
    [DataRow("I lift it to 8", 8.0)]
    [DataRow("Clarity: 3\n- 8", 8.0)]
    [DataRow("Clarity - 8", 8.0)]
    [DataRow("between 0 and 10, and this is 4", 4.0)]
    [DataRow("8/10\n\n1. Clear\n2. Short", 8.0)]
    [DataRow("1. Clear: yes\n2. Short: no\n\n**6**", 6.0)]
    [DataRow("1) Clear\n 2) Score: 7", 7.0)]
    [DataRow("Rating: 7 (0 = worst, 10 = best)", 7.0)]
    [DataRow("8. It is clear.", 8.0)]
    [DataRow("8 = good", 8.0)]
    [DataRow("I found 3 errors.\n\n7. Overall good", 7.0)]
    [DataRow("Criterion 3:\n1. Poor", 1.0)]
    [DataRow("8/10\n1. Clear\n3. Short", 3.0)]
    [DataRow("There are 2 mistakes. Score: 6 = fair", 6.0)]
    [DataRow("7) out of 10", 7.0)]
    [DataRow("2 faults:\n7) of 10", 7.0)]
    [DataRow("1. a\n2. b", 2.0)]
    [DataRow("Score = 8", 8.0)]
    [DataRow("Clarity = 3, total = 8", 8.0)]
    [DataRow("7\n1.5", 1.5)]
    [DataRow("from 0-10", null)]
    [DataRow("scale of 0 to 10", null)]
    [DataRow("between 0 and 10", null)]
    [DataRow("eight, on a scale of one to 10", null)]
    [DataRow("7\u20138", null)]
    [DataRow("**7** to **8**", null)]
    [DataRow("7-8/10", null)]
    [DataRow("eight/10", null)]
    [DataRow("eight out of **10**", null)]
    [DataRow("a scale of 10", null)]
    [DataRow("7,5/10", null)]
    [DataRow("2024-05-06", null)]
    [DataRow("10", 10.0)]
    [DataRow("8, since A4 is 1.2.3 in 5th", 8.0)]
    [DataRow("80%", null)]
    [DataRow("-1", null)]
    [DataRow("10.01", null)]
    [DataRow("7,5", null)]
    [DataRow("1,000", null)]
    [DataRow("seven", null)]
    [DataRow("", null)]
    [DataRow("\u0667", null)]
    [DataRow("GPT4", null)]
    [DataRow("7 and then 70", null)]
    public void The_score_is_the_last_number_if_it_is_in_range(string answer, double? score) => Assert.AreEqual(score, JudgeScore.Between(0, 10)(answer));

    [TestMethod]
    public void The_range_is_the_callers()
    {
        Assert.AreEqual(-0.5, JudgeScore.Between(-1, 1)("-0.5"));
        Assert.AreEqual(-0.5, JudgeScore.Between(-1, 1)("\u22120.5"));
        Assert.AreEqual(87.0, JudgeScore.Between(0, 100)("87%"));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => JudgeScore.Between(double.NaN, 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => JudgeScore.Between(0, double.PositiveInfinity));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => JudgeScore.Between(1, 1)).Message, "above the lowest, 1.");
    }

    [TestMethod]
    [DataRow("1", "x")]
    [DataRow("7 ", "")]
    [DataRow(" ", "7")]
    [DataRow("7 out", " ")]
    [DataRow("1.", "")]
    [DataRow("7/", "")]
    [DataRow("7-", "")]
    [DataRow("_", "7")]
    [DataRow("7_", "")]
    [DataRow("*", "7")]
    [DataRow("7 to ", "")]
    [DataRow("between 7 ", "")]
    [DataRow("out of ", " ")]
    [DataRow("\n7. ", "x")]
    [DataRow("1.", " ")]
    [DataRow("\n*", "7")]
    [DataRow("7 = ", "")]
    [DataRow("7 ", "= a")]
    public void A_hostile_answer_takes_no_longer_than_its_length(string again, string end)
    {
        // Quadratic time would be hours.
        var answer = string.Concat(Enumerable.Repeat(again, 500_000)) + end;
        var score = JudgeScore.Between(0, 10)(answer);
        Assert.IsTrue(score is null or 7);
    }
}
