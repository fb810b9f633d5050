namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class OptionWarningsTests
{
    [TestMethod]
    public void Defaults_have_no_warning() => Assert.IsEmpty(OptionWarnings.For(TestOptions.Valid()));

    [TestMethod]
    public void Truncated_sampling_is_warned_of()
    {
        var options = TestOptions.Valid();
        (options.Sampling.TopK, options.Sampling.TopP, options.Sampling.MinP) = (50, 0.95, 0.05);
        AssertOnly("Sampling.TopK = 50, Sampling.TopP = 0.95, Sampling.MinP = 0.05 samples from a part of the distribution while the loss sees the whole of it, so the policy learns from a biased sample: leave it null unless you mean it.", options);
    }

    [TestMethod]
    public void Truncation_that_cuts_nothing_is_not_warned_of()
    {
        var options = TestOptions.Valid();
        (options.Sampling.TopP, options.Sampling.MinP) = (1, 0);
        Assert.IsEmpty(OptionWarnings.For(options));
    }

    [TestMethod]
    public void A_learning_rate_of_zero_is_warned_of()
    {
        var options = TestOptions.Valid();
        options.Optimizer.LearningRate = 0;
        AssertOnly("Optimizer.LearningRate is 0: the run samples and scores, but trains nothing.", options);
    }

    [TestMethod]
    public void A_clip_that_cannot_act_is_warned_of()
    {
        var options = TestOptions.Valid();
        options.Loss.EpsilonHigh = 0.28;
        AssertOnly("Loss.EpsilonLow is 0.2 and Loss.EpsilonHigh is 0.28, but neither has an effect: the weights do not change while a rollout is in use, so the policy ratio is 1 at every update. Raise StepsPerRollout or IterationsPerRollout if the clip is to act.", options);
    }

    [TestMethod]
    public void A_clip_that_can_act_is_not_warned_of()
    {
        var options = TestOptions.Valid();
        options.Loss.EpsilonHigh = 0.28;
        options.IterationsPerRollout = 2;
        Assert.IsEmpty(OptionWarnings.For(options));
    }

    private static void AssertOnly(string expected, GrpoOptions options)
    {
        OptionRules.Check(options);
        IReadOnlyList<string> warnings = OptionWarnings.For(options);
        Assert.HasCount(1, warnings);
        Assert.AreEqual(expected, warnings[0]);
    }
}
