namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class SeedTests : FaceTests
{
    [TestMethod]
    public void A_second_fit_and_components_made_before_change_nothing()
    {
        using var once = Fit(ml: new MLContext(seed: 7));
        var ml = new MLContext(seed: 7);
        _ = ml.Data.ShuffleRows(Question.View(ml, 5)).Preview();
        var data = ml.Transforms.CopyColumns("Copy", "Prompt").Fit(Question.View(ml, 8)).Transform(Question.View(ml, 8));
        var estimator = ml.Transforms.TrainGrpo(TinyModel.Options(Model));
        using var first = estimator.Fit(data);
        using var second = estimator.Fit(data);
        Assert.AreEqual(7, once.Training!.Seed);
        Assert.AreEqual(once.Weights(), first.Weights());
        Assert.AreEqual(first.Weights(), second.Weights());
        Assert.HasCount(2, first.Training!.Steps);
    }

    [TestMethod]
    public void The_options_seed_goes_before_that_of_the_context()
    {
        using var asked = Fit(o => o.Seed = 5_000_000_000, new MLContext(seed: 7));
        using var again = Fit(o => o.Seed = 5_000_000_000, new MLContext(seed: 8));
        using var other = Fit(o => o.Seed = 7, new MLContext(seed: 8));
        Assert.AreEqual(5_000_000_000, asked.Training!.Seed);
        Assert.AreEqual(asked.Weights(), again.Weights());
        Assert.AreNotEqual(asked.Weights(), other.Weights());
    }

    [TestMethod]
    public void Without_any_seed_one_is_drawn_logged_and_repeats_the_run()
    {
        var log = new List<string>();
        var ml = new MLContext();
        ml.Log += (_, line) => log.Add(line.RawMessage);
        using var drawn = Fit(ml: ml);
        var seed = drawn.Training!.Seed;
        Assert.IsTrue(log.Any(line => line.Contains($"Seed {seed}.", StringComparison.Ordinal)), string.Join('\n', log));
        using var repeated = Fit(o => o.Seed = seed, new MLContext());
        Assert.AreEqual(drawn.Weights(), repeated.Weights());
        using var another = Fit(ml: new MLContext());
        Assert.AreNotEqual(seed, another.Training!.Seed);
    }

    [TestMethod]
    public void Options_that_are_changed_after_the_estimator_was_made_have_no_effect()
    {
        using var expected = Fit();
        var options = TinyModel.Options(Model);
        var estimator = Ml.Transforms.TrainGrpo(options);
        (options.ModelPath, options.PromptColumnName, options.OutputColumnName, options.Seed, options.Steps) = ("nowhere", "Number", "Other", 99, 1);
        options.Optimizer.LearningRate = 0;
        options.Generation.MaxCompletionTokens = 1;
        options.Rewards.Clear();
        using var policy = estimator.Fit(Question.View(Ml, 8));
        Assert.AreEqual(expected.Weights(), policy.Weights());
        CollectionAssert.AreEqual(expected.Transform(Question.View(Ml, 4)).Answers(Ml), policy.Transform(Question.View(Ml, 4)).Answers(Ml));
    }
}
