using System.Globalization;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ExactMatchTests
{
    [TestMethod]
    [DataRow("42", "42", 1)]
    [DataRow(" 42\n", "42 ", 1)]
    [DataRow("42.", "42", 0)]
    [DataRow("Paris", "paris", 0)]
    [DataRow("", "42", 0)]
    public void Without_a_pattern_the_whole_completion_is_the_answer(string completion, string answer, double score) =>
        Assert.AreEqual(score, Reward.ExactMatch("Answer").Score(Samples.One(completion, answer)));

    [TestMethod]
    [DataRow("<answer>41</answer> no, <answer> 42 </answer>", 1, DisplayName = "the last match counts")]
    [DataRow("<answer>42</answer> no, <answer>41</answer>", 0)]
    [DataRow("<answer>\n42\n</answer>", 1, DisplayName = "over several lines")]
    [DataRow("42", 0, DisplayName = "no match")]
    public void A_pattern_finds_the_answer(string completion, double score) =>
        Assert.AreEqual(score, Reward.ExactMatch("Answer", @"<answer>\s*(.*?)\s*</answer>").Score(Samples.One(completion, "42")));

    [TestMethod]
    public void A_pattern_without_a_group_takes_its_whole_match() =>
        Assert.AreEqual(1, Reward.ExactMatch("Answer", @"\d+").Score(Samples.One("first 7, then 42!", "42")));

    [TestMethod]
    [DataRow(42)]
    [DataRow(42f)]
    [DataRow(42.0)]
    [DataRow(42L)]
    public void Numbers_are_compared_in_their_shortest_form(object answer) =>
        Assert.AreEqual(1, Reward.ExactMatch("Answer").Score(Samples.One("42", answer)));

    [TestMethod]
    public void Numbers_are_written_the_same_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        try
        {
            CultureInfo.CurrentCulture = comma;
            Assert.AreEqual(1, Reward.ExactMatch("Answer").Score(Samples.One("1.5", 1.5f)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow(float.NaN)]
    [DataRow(double.NaN)]
    public void A_row_without_an_answer_is_not_judged(object? answer) => Assert.IsNull(Reward.ExactMatch("Answer").Score(Samples.One("42", answer)));

    [TestMethod]
    public void A_missing_column_is_named_with_those_there_are()
    {
        var error = Assert.ThrowsExactly<RewardException>(() => Reward.ExactMatch("Solution").Score(Samples.One("42", "42", row: 3, generation: 1)));
        StringAssert.Contains(error.Message, "'Solution'");
        StringAssert.Contains(error.Message, "Answer");
        Assert.AreEqual(("exact_match", 3L, 1), (error.RewardName, error.Row, error.Generation));
    }

    [TestMethod]
    public void A_vector_is_no_answer_and_is_not_compared_in_silence()
    {
        var error = Assert.ThrowsExactly<RewardException>(() => Reward.ExactMatch("Answer").Score(Samples.One("42", new[] { 42f, 43f })));
        StringAssert.Contains(error.Message, "'Answer' holds Single[]");
    }

    [TestMethod]
    public void It_asks_for_its_column_and_takes_name_and_weight()
    {
        var reward = Reward.ExactMatch("Answer", weight: 0.5, name: "right");
        Assert.AreEqual(("right", 0.5), (reward.Name, reward.Weight));
        CollectionAssert.AreEqual(new[] { "Answer" }, reward.Columns.ToArray());
    }

    [TestMethod]
    public void A_pattern_that_is_none_is_refused_at_once()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => Reward.ExactMatch("Answer", "(unclosed"));
        Assert.AreEqual("extract", error.ParamName);
        StringAssert.Contains(error.Message, "(unclosed");
    }
}
