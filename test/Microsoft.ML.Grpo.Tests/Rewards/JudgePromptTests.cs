namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class JudgePromptTests
{
    [TestMethod]
    [DataRow("{Completion}", "c", "")]
    [DataRow("Q: {Prompt} A: {Completion} ({Answer}, {Answer}; {Max score})", "Q: p A: c (42, 42; 1.5)", "Answer Max score")]
    [DataRow("{{\"score\": 1}} {Completion} }}{{", "{\"score\": 1} c }{", "")]
    [DataRow("{{{Completion}}}", "{c}", "")]
    public void Placeholders_are_filled_and_doubled_braces_are_braces(string template, string filled, string columns)
    {
        var prompt = new JudgePrompt(template, "prompt");
        Assert.AreEqual(filled, prompt.Fill(Sample("c")));
        Assert.AreEqual(columns, string.Join(' ', prompt.Columns));
    }

    [TestMethod]
    public void What_is_filled_in_is_not_looked_at_again() =>
        Assert.AreEqual("{Prompt} {{Answer}} } {", new JudgePrompt("{Completion}", "prompt").Fill(Sample("{Prompt} {{Answer}} } {")));

    [TestMethod]
    [DataRow("{Completion} {", 13)]
    [DataRow("{Completion} }", 13)]
    [DataRow("{Completion", 0)]
    [DataRow("{Com{Completion}", 0)]
    [DataRow("{} {Completion}", 0)]
    [DataRow("{ Completion }", 0)]
    [DataRow("Answer with {\"score\": 1}. {Completion}", 12)]
    [DataRow("{Completion}}", 12)]
    [DataRow("{\n} {Completion}", 0)]
    public void A_brace_that_belongs_to_nothing_is_refused_with_its_place(string template, int place)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new JudgePrompt(template, "prompt"));
        Assert.AreEqual(
            $"The brace at character {place} (counted from 0) of the judge's prompt opens or closes no placeholder. Write {{Prompt}}, {{Completion}} or the name of a column in braces, and {{{{ or }}}} for a brace that is text. (Parameter 'prompt')",
            error.Message);
    }

    [TestMethod]
    public void A_prompt_without_the_completion_is_refused()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new JudgePrompt("Is {Answer} right for {Prompt}? {{Completion}}", "prompt"));
        StringAssert.Contains(error.Message, "Write {Completion} where the completion belongs.");
        Assert.ThrowsExactly<ArgumentException>(() => new JudgePrompt(" ", "prompt"));
    }

    [TestMethod]
    public void A_column_without_a_value_leaves_nothing_to_ask()
    {
        var prompt = new JudgePrompt("{Completion} {Answer}", "prompt");
        Assert.IsNull(prompt.Fill(Sample("c", answer: float.NaN)));
        Assert.IsNull(prompt.Fill(Sample("c", answer: null)));
        Assert.AreEqual("c ", prompt.Fill(Sample("c", answer: "")));
    }

    [TestMethod]
    public void A_column_that_is_no_text_or_number_says_so()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => new JudgePrompt("{Completion} {Answer}", "prompt").Fill(Sample("c", answer: new float[2])));
        StringAssert.Contains(error.Message, "'Answer'");
    }

    private static RewardSample Sample(string completion) => Sample(completion, "42");

    private static RewardSample Sample(string completion, object? answer) =>
        new("p", completion, [1], FinishReason.Stop, 0, 0, new Dictionary<string, object?> { ["Answer"] = answer, ["Max score"] = 1.5f });
}
