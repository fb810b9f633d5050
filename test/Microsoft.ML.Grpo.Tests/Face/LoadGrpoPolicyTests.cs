namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class LoadGrpoPolicyTests : FaceTests
{
    [TestMethod]
    public void What_SavePretrained_wrote_completes_as_the_policy_did_without_a_run()
    {
        using var policy = Fit();
        policy.SavePretrained(Folder["trained"]);
        var options = TinyModel.Options(Folder["trained"]);
        options.Rewards.Clear();
        using var loaded = Ml.Transforms.LoadGrpoPolicy(options);
        CollectionAssert.AreEqual(policy.Transform(Question.View(Ml, 5)).Answers(Ml), loaded.Transform(Question.View(Ml, 5)).Answers(Ml));
        Assert.AreEqual(policy.Weights(), loaded.Weights());
        Assert.IsNull(loaded.Training);
        Ml.Model.Save(loaded, null, Folder["loaded.zip"]);
        using var again = (GrpoTransformer)Ml.Model.Load(Folder["loaded.zip"], out _);
        Assert.AreEqual(loaded.Weights(), again.Weights());
    }

    [TestMethod]
    public void Options_of_training_are_not_looked_at_and_those_of_completing_are()
    {
        using var loaded = Ml.Transforms.LoadGrpoPolicy(new() { ModelPath = Model, GroupSize = 1, Steps = -1, Epochs = 2, Sampling = { Temperature = 0 }, Generation = { MaxCompletionTokens = 4 } });
        Assert.IsNotNull(loaded);
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => Ml.Transforms.LoadGrpoPolicy(new()
        {
            GroupSize = 1, MaxCompletionTokens = 0, SystemPrompt = "x", PromptFormat = PromptFormat.Raw, Sampling = { StopTokenIds = { -1 } }, Execution = { Threads = 0 }, Generation = { BatchSize = 0 },
        }));
        string[] expected = ["ModelPath", "SystemPrompt", "MaxCompletionTokens", "Sampling.StopTokenIds", "Execution.Threads", "Generation.BatchSize"];
        CollectionAssert.AreEqual(expected, error.Violations.Select(violation => violation.Split(' ')[0]).ToArray());
    }

    [TestMethod]
    public void The_short_overload_names_the_columns()
    {
        using var loaded = Ml.Transforms.LoadGrpoPolicy(Model, outputColumnName: "Said");
        CollectionAssert.AreEqual(new[] { "Prompt", "Number", "Vector", "Said" }, loaded.Transform(Question.View(Ml, 1)).Schema.Select(column => column.Name).ToList());
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => Ml.Transforms.LoadGrpoPolicy(Folder["absent"]));
    }

    [TestMethod]
    public void An_adapter_without_a_directory_is_refused_since_it_would_be_one_that_changes_nothing()
    {
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => new MLContext().Transforms.LoadGrpoPolicy(new GrpoOptions { ModelPath = "model", Lora = new() { Rank = 4 } }));
        Assert.HasCount(1, error.Violations);
        Assert.AreEqual(
            "Lora is set without AdapterPath, but new adapters come with training, and here a model is read from files: set Lora.AdapterPath to the adapter's directory, or Lora = null.", error.Violations[0]);
    }
}
