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
    public void The_short_overload_names_the_columns()
    {
        using var loaded = Ml.Transforms.LoadGrpoPolicy(Model, outputColumnName: "Said");
        CollectionAssert.AreEqual(new[] { "Prompt", "Number", "Vector", "Said" }, loaded.Transform(Question.View(Ml, 1)).Schema.Select(column => column.Name).ToList());
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => Ml.Transforms.LoadGrpoPolicy(Folder["absent"]));
    }
}
