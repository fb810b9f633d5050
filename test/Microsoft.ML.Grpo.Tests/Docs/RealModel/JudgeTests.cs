using RealModel;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class JudgeTests
{
    [TestMethod]
    public void The_commonest_answer_is_judged_as_a_completion_is()
    {
        var judge = new Judge(ScoringRules.All["last-number"], AnswerForm.LastNumber);
        Assert.AreEqual(("2", 0.5), judge.Commonest(Problems("1", "2", "3", "2"), Problems("2.0", "1", "2", "4")));
    }

    private static Problem[] Problems(params string[] answers) => [.. answers.Select(answer => new Problem { Prompt = "x", Answer = answer, Metadata = "{}" })];
}
