using System.Diagnostics;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class FormatRewardTests
{
    [TestMethod]
    [DataRow("so <answer>4</answer>\n", 1)]
    [DataRow("so <answer>4\n5</answer>", 1)]
    [DataRow("<answer>4</answer> and more", 0)]
    [DataRow("", 0)]
    public void A_completion_matches_or_does_not(string completion, double score) =>
        Assert.AreEqual(score, Reward.Format(@"<answer>.*?</answer>\s*$").Score(Samples.One(completion)));

    [TestMethod]
    public void A_pattern_that_explodes_scores_0_after_its_time_out()
    {
        // The back-reference keeps it from the engine that matches in linear time.
        var reward = Reward.Format(@"^(a+)+\1b$");
        var clock = Stopwatch.StartNew();
        Assert.AreEqual(0, reward.Score(Samples.One(new string('a', 60) + "!")));
        Assert.IsLessThan(30, clock.Elapsed.TotalSeconds);
        Assert.AreEqual(1, reward.Score(Samples.One("aaab")));
    }

    [TestMethod]
    public void A_pattern_without_look_arounds_takes_linear_time() =>
        Assert.AreEqual(1, Reward.Format("^(a+)+!$").Score(Samples.One(new string('a', 5000) + "!")));

    [TestMethod]
    public void Look_arounds_work() =>
        Assert.AreEqual(1, Reward.Format("^<think>(?!.*<think>).*</think>").Score(Samples.One("<think>\nhm\n</think> 4")));

    [TestMethod]
    [DataRow("[")]
    [DataRow("")]
    public void A_pattern_that_is_none_is_refused_at_once(string pattern) =>
        Assert.AreEqual("pattern", Assert.ThrowsExactly<ArgumentException>(() => Reward.Format(pattern)).ParamName);
}
