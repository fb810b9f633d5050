using System.Text.Json;
using RealModel;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The rules by hand; what Python itself says of whole files is in <see cref="TasksParityTests"/>.</summary>
[TestClass]
public class ScoringRuleTests
{
    [TestMethod]
    [DataRow("7", "7", 1.0)]
    [DataRow("7 ", "7", 0.5)]
    [DataRow("17", "7", 0.5)]
    [DataRow("8", "7", 0.0)]
    [DataRow("😀7", "7", 0.5, DisplayName = "lengths count code points")]
    public void Contains_is_the_share_of_the_response_that_is_the_answer(string response, string answer, double score) => Scores("contains", response, answer, score);

    [TestMethod]
    [DataRow("+01,000.00")]
    [DataRow("1e3")]
    [DataRow("\u00A01000.\u001F")]
    [DataRow("１０００")]
    [DataRow("1_0__00_")]
    public void Decimal_takes_every_spelling_of_the_number(string response) => Scores("decimal", response, "1,000", 1);

    [TestMethod]
    [DataRow("7/1", 1.0 / 3)]
    [DataRow("0x7", 1.0 / 3)]
    [DataRow("NaN7", 0.25)]
    [DataRow("1e999999999999999999", 0.0)]
    [DataRow("7e99999999999999999999999999", 1.0 / 28, DisplayName = "an exponent beyond Python's is no number")]
    [DataRow("", 0.0)]
    [DataRow(",", 0.0)]
    public void Decimal_is_contains_where_there_is_no_equal_number(string response, double score) => Scores("decimal", response, "7", score);

    [TestMethod]
    [DataRow("NaN", "NaN", 1.0, DisplayName = "the text contains it, though the number equals nothing")]
    [DataRow("-0", "0", 1.0)]
    [DataRow("Infinity", "inf", 1.0)]
    [DataRow("-inf", "Infinity", 0.0)]
    [DataRow("10e-1", "1", 1.0)]
    public void Decimals_are_equal_as_numbers(string response, string answer, double score) => Scores("decimal", response, answer, score);

    [TestMethod]
    [DataRow("['83', '67', '8']", 1.0)]
    [DataRow(" [83, 68, 8]\n", 1.0, DisplayName = "each within 1")]
    [DataRow("[83, 68.5, 8]", 0.0)]
    [DataRow("[83, true, 8]", 0.0)]
    [DataRow("[83, \" 6_7e0\\u0020\", 8]", 1.0)]
    [DataRow("[67, 83, 8]", 0.0, DisplayName = "not in order")]
    [DataRow("[83, 67]", 0.0)]
    [DataRow("[83, 67, 8,]", 0.0)]
    [DataRow("[83, 067, 8]", 0.0, DisplayName = "no JSON number")]
    [DataRow("[83, [67], 8]", 0.0)]
    [DataRow("[83, NaN, 8]", 1.0, DisplayName = "not-a-number is never out of order nor too far, in Python too")]
    [DataRow("[Infinity, 67, 8]", 0.0)]
    [DataRow("83, 67, 8", 0.0)]
    [DataRow("\u00A0[83, 67, 8]", 0.0, DisplayName = "no white space of JSON's")]
    public void A_number_list_is_right_or_wrong(string response, double score) => Scores("number-list", response, "['83.0', '67.0', '8.0']", score, """{"direction":"descending"}""");

    [TestMethod]
    [DataRow("[1, true, 2]", 1.0)]
    [DataRow("[1, 1, 1]", 1.0, DisplayName = "equal neighbours are in order")]
    [DataRow("[2, 1, 2]", 0.0)]
    public void An_ascending_list_ascends(string response, double score) => Scores("number-list", response, "[1, 1, 2]", score, """{"direction":"ascending"}""");

    [TestMethod]
    [DataRow("abba", 1.0)]
    [DataRow(" BAAB\u001F", 1.0)]
    [DataRow("abab", 0.02)]
    [DataRow("aa", 0.05)]
    [DataRow("aabbaa", 0.05)]
    [DataRow(" ", 0.05, DisplayName = "white space alone is the empty palindrome")]
    [DataRow("\u200Babba", 0.02)]
    [DataRow("", 0.0)]
    public void A_palindrome_is_of_the_letters(string response, double score) => Scores("palindrome", response, "abba", score, """{"letters":["a","a","b","b"]}""");

    [TestMethod]
    [DataRow("alati", "alatI", 1.0)]
    [DataRow("alatxx", "alatI", 0.8)]
    [DataRow("alatix", "alatI", 0.8, DisplayName = "all in place, and more")]
    [DataRow(" alati", "alatI", 0.0)]
    [DataRow("ala", "alatI", 0.6000000000000001)]
    [DataRow("abcdefg", "abcdef", 0.9999999999999999, DisplayName = "six sixths are no whole in float64")]
    [DataRow("", "ab", 0.0)]
    public void Positions_are_counted_one_by_one(string response, string answer, double score) => Scores("positions", response, answer, score);

    [TestMethod]
    [DataRow("ate, stored,texts , this", 1.0)]
    [DataRow("ate, stored, texts, this,", 1.0, DisplayName = "a comma at the end adds a word beyond the last place")]
    [DataRow("this, texts, stored, ate", 0.2)]
    [DataRow("ate, texts, stored, this", 0.5)]
    [DataRow("Ate, stored", 0.25)]
    [DataRow("", 0.0)]
    public void Words_are_counted_in_their_places(string response, double score) => Scores("word-list", response, "", score, """{"sorted_words":["ate","stored","texts","this"]}""");

    [TestMethod]
    [DataRow("The answer is 42.", "42", 1.0)]
    [DataRow("42.0", "42", 1.0)]
    [DataRow("6 * 7 = -42", "42", 0.0)]
    [DataRow("42, not 41", "42", 0.0)]
    [DataRow("1,042", "1042", 0.0, DisplayName = "no separators of thousands")]
    [DataRow("none", "42", 0.0)]
    public void The_last_number_is_right_or_wrong(string response, string answer, double score) => Scores("last-number", response, answer, score);

    [TestMethod]
    [DataRow(" Paris\n", 1.0)]
    [DataRow("paris", 0.0)]
    [DataRow("Paris.", 0.0)]
    public void Exact_is_the_answer_alone(string response, double score) => Scores("exact", response, "Paris", score);

    [TestMethod]
    [DataRow("PARIS\n", 1.0)]
    [DataRow("Paris.", 0.0)]
    [DataRow("", 0.0)]
    public void Text_is_the_answer_in_any_case(string response, double score) => Scores("text", response, "Paris", score);

    [TestMethod]
    public void No_response_scores_nothing_by_any_rule()
    {
        foreach (var (name, rule) in ScoringRules.All)
        {
            Assert.AreEqual(0, rule(null, "7", default), name);
        }
    }

    [TestMethod]
    public void What_a_rule_misses_in_the_metadata_is_named()
    {
        foreach (var (rule, response, field) in new[] { ("palindrome", "1", "letters"), ("word-list", "1", "sorted_words"), ("number-list", "[1]", "direction") })
        {
            using var metadata = JsonDocument.Parse("{\"letters\": 1}");
            var error = Assert.ThrowsExactly<InvalidDataException>(() => ScoringRules.All[rule](response, response, metadata.RootElement));
            StringAssert.Contains(error.Message, $"\"{field}\"");
        }
    }

    [TestMethod]
    [DataRow("ΑΣ", "ας")]
    [DataRow("ΑΣ.", "ας.")]
    [DataRow("ΑΣ'Α", "ασ'α")]
    [DataRow("Σ", "σ")]
    [DataRow("İX", "i\u0307x")]
    [DataRow("𐐀", "𐐨")]
    public void Lower_case_is_Pythons(string text, string lower) => Assert.AreEqual(lower, PythonText.Lower(text));

    private static void Scores(string rule, string response, string answer, double score, string metadata = "{}")
    {
        using var json = JsonDocument.Parse(metadata);
        Assert.AreEqual(score, ScoringRules.All[rule](response, answer, json.RootElement));
    }
}
