namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class ComputeTypeFaceTests : FaceTests
{
    [TestMethod]
    public void A_model_trained_in_bfloat16_is_kept_in_float32_and_completes_in_bfloat16_when_it_is_loaded()
    {
        using var policy = Fit(o => o.Execution.ComputeType = ComputeType.BFloat16);
        var data = Question.View(Ml, 10);
        Ml.Model.Save(policy, data.Schema, Folder["policy.zip"]);
        using var loaded = (GrpoTransformer)new MLContext().Model.Load(Folder["policy.zip"], out _);
        CollectionAssert.AreEqual(policy.Transform(data).Answers(Ml), loaded.Transform(data).Answers(Ml));
        Assert.AreEqual(policy.Weights(), loaded.Weights());
        Assert.AreEqual(ComputeType.BFloat16, loaded.Generation!.ComputeType);
    }

    [TestMethod]
    public void The_faster_type_is_measured_told_and_kept()
    {
        var log = new LogLines();
        using var policy = Fit(o => (o.Execution.ComputeType, o.Logger) = (ComputeType.Fastest, log));
        var line = log.All.Single(text => text.Contains("Execution.ComputeType = Fastest", StringComparison.Ordinal));
        Assert.AreNotEqual(ComputeType.Fastest, policy.Generation!.ComputeType);
        StringAssert.StartsWith(line, $"Products of the blocks: {policy.Generation.ComputeType}, the faster here");
    }

    [TestMethod]
    public void An_adapter_is_trained_on_a_base_in_bfloat16_and_merged_without_losing_it()
    {
        using var policy = Fit(o => (o.Execution.ComputeType, o.Lora) = (ComputeType.BFloat16, new() { Rank = 2 }));
        policy.SavePretrained(Folder["merged"]);
        using var merged = Ml.Transforms.LoadGrpoPolicy(Folder["merged"]);
        using var bare = Ml.Transforms.LoadGrpoPolicy(Model);
        Assert.AreNotEqual(bare.Weights(), merged.Weights());
    }

    [TestMethod]
    public void A_race_names_the_type_that_took_less_time()
    {
        Assert.AreEqual(ComputeType.BFloat16, new ProductRace(Float32: 2, BFloat16: 1).Faster);
        Assert.AreEqual(ComputeType.Float32, new ProductRace(Float32: 1, BFloat16: 40).Faster);
        Assert.AreEqual(ComputeType.Float32, new ProductRace(Float32: 1, BFloat16: 1).Faster);
        var race = ProductRace.Run(TorchSharp.torch.CPU);
        Assert.IsTrue(race is { Float32: > 0, BFloat16: > 0 });
    }
}
