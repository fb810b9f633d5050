using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Saving in a number type, and what it says of what rounding takes.</summary>
[TestClass]
public class SavedTypeTests : FaceTests
{
    [TestMethod]
    public void In_float32_all_that_changed_is_kept()
    {
        using var policy = Fit();
        var saved = policy.SavePretrained(Folder["saved"]);
        Assert.AreEqual(WeightType.Float32, saved.Type, "as the model's own file");
        Assert.AreEqual(Changed(policy), saved.ChangedWeights);
        Assert.AreEqual(1, saved.SurvivingShare);
        Assert.AreEqual((0.0, 0.0), (saved.MeanLogProbShift, saved.MaxLogProbShift));
    }

    [TestMethod]
    public void Rounding_keeps_the_share_that_a_count_by_hand_finds_and_moves_log_probs()
    {
        using var policy = Fit(o => o.Optimizer.LearningRate = 1e-3);
        var saved = policy.SavePretrained(Folder["saved"], WeightType.BFloat16);
        var (changed, surviving) = (0L, 0L);
        using var scope = NewDisposeScope();
        using var before = SafetensorsReader.Open(Path.Combine(Model, ModelFiles.Weights));
        using var exact = policy.CopyPolicy(ScalarType.Float32, CPU, PromptFormat.Raw, null, []);
        using var after = SafetensorsReader.Open(Path.Combine(Folder["saved"], ModelFiles.Weights));
        foreach (var (name, weight) in exact.Network.Parameters)
        {
            var old = before.Read(name, ScalarType.Float32, CPU);
            var differs = weight.ne(old);
            changed += differs.sum().item<long>();
            surviving += differs.logical_and(after.Read(name, ScalarType.Float32, CPU).ne(old.to(ScalarType.BFloat16).to(ScalarType.Float32))).sum().item<long>();
        }

        Assert.AreEqual(changed, saved.ChangedWeights);
        Assert.AreEqual((double)surviving / changed, saved.SurvivingShare);
        Assert.IsTrue(saved.SurvivingShare is > 0.05 and < 0.95, $"{saved.SurvivingShare}");
        Assert.IsTrue(saved is { MeanLogProbShift: > 0 and < 1 } && saved.MaxLogProbShift >= saved.MeanLogProbShift, saved.ToString());
    }

    [TestMethod]
    public void A_change_that_the_type_cannot_hold_is_told_to_be_gone_and_warned_of()
    {
        var log = new LogLines();
        using var policy = Fit(o => o.Optimizer.LearningRate = 1e-7);
        Ml.Log += (_, e) => log.Log(e.Kind == Runtime.ChannelMessageKind.Warning ? Microsoft.Extensions.Logging.LogLevel.Warning : Microsoft.Extensions.Logging.LogLevel.Information, default, e.RawMessage, null, (m, _) => m);
        var saved = policy.SavePretrained(Folder["saved"], WeightType.BFloat16);
        Assert.IsLessThan(0.01, saved.SurvivingShare!.Value);
        Assert.IsTrue(log.Warnings.Any(line => line.Contains("save with WeightType.Float32", StringComparison.Ordinal)), string.Join('\n', log.All));
    }

    [TestMethod]
    public void The_default_is_the_type_of_the_models_files_also_for_a_policy_out_of_an_archive()
    {
        Store(Model, ScalarType.BFloat16);
        using var policy = Fit();
        Assert.AreEqual(WeightType.BFloat16, policy.SavePretrained(Folder["saved"]).Type);
        Ml.Model.Save(policy, null, Folder["policy.zip"]);
        using var loaded = (GrpoTransformer)Ml.Model.Load(Folder["policy.zip"], out _);
        var saved = loaded.SavePretrained(Folder["again"]);
        Assert.AreEqual(WeightType.BFloat16, saved.Type);
        Assert.IsNull(saved.ChangedWeights, "What it was before training is not in the archive.");
        Assert.IsNull(saved.SurvivingShare);
        Assert.AreEqual(policy.Weights(), loaded.Weights(), "The archive has float32.");
        using var reader = SafetensorsReader.Open(Path.Combine(Folder["again"], ModelFiles.Weights));
        Assert.IsTrue(reader.Entries.Values.All(entry => entry.Type == ScalarType.BFloat16));
    }

    [TestMethod]
    public void Files_that_have_changed_since_are_not_compared_with()
    {
        using var policy = Fit();
        File.SetLastWriteTimeUtc(Path.Combine(Model, ModelFiles.Weights), DateTime.UnixEpoch);
        var saved = policy.SavePretrained(Folder["saved"], WeightType.BFloat16);
        Assert.IsNull(saved.ChangedWeights);
        StringAssert.Contains(saved.ToString(), "Which weights training has changed is not known");
        Assert.IsGreaterThan(0, saved.MeanLogProbShift!.Value);
    }

    [TestMethod]
    public void A_policy_may_be_saved_over_the_model_that_it_came_from()
    {
        using var policy = Fit();
        Assert.IsGreaterThan(0, policy.SavePretrained(Model).ChangedWeights!.Value);
        using var again = Ml.Transforms.LoadGrpoPolicy(Model);
        Assert.AreEqual(policy.Weights(), again.Weights());
    }

    [TestMethod]
    public void Of_an_adapter_the_weights_that_it_is_merged_into_count()
    {
        using var policy = Fit(o => o.Lora = new() { Rank = 2, TargetModules = { "q_proj" } });
        var saved = policy.SavePretrained(Folder["saved"], WeightType.BFloat16);
        Assert.IsTrue(saved.ChangedWeights is > 0 and <= 2 * 32 * 32, $"{saved.ChangedWeights}");
        Assert.IsTrue(saved.SurvivingShare is > 0 and < 1);
        Assert.IsTrue(policy.SavePretrained(Folder["whole"], WeightType.Float32) is { SurvivingShare: 1, MeanLogProbShift: > 0 and < 1e-5 }, "merging alone is measured too");

        var alone = policy.SaveAdapter(Folder["adapter"], WeightType.Float16);
        Assert.IsNull(alone.ChangedWeights);
        Assert.IsTrue(alone is { Type: WeightType.Float16, MeanLogProbShift: > 0 and < 0.1 });
        using var reader = SafetensorsReader.Open(Path.Combine(Folder["adapter"], PeftNames.Weights));
        Assert.IsTrue(reader.Entries.Values.All(entry => entry.Type == ScalarType.Float16));
        Assert.AreEqual((0.0, 0.0), policy.SaveAdapter(Folder["exact"]) is var exact ? (exact.MeanLogProbShift, exact.MaxLogProbShift) : default);
    }

    [TestMethod]
    public void A_weight_beyond_the_types_range_is_refused_by_name_and_nothing_is_written()
    {
        using (var model = PretrainedModel.Load(Model, ScalarType.Float32, CPU))
        {
            using var noGrad = no_grad();
            model.Network.Parameters["model.norm.weight"].fill_(Scalars.Of(1e5));
            model.SavePretrained(Folder["large"]);
        }

        using var policy = Ml.Transforms.LoadGrpoPolicy(TinyModel.Options(Folder["large"]));
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => policy.SavePretrained(Folder["never"], WeightType.Float16));
        StringAssert.Contains(error.Message, "'model.norm.weight' has a weight of 1E+05, which Float16 cannot hold. Nothing was saved.");
        Assert.IsFalse(Directory.Exists(Folder["never"]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => policy.SavePretrained(Folder["never"], (WeightType)9));
    }

    private long Changed(GrpoTransformer policy)
    {
        using var scope = NewDisposeScope();
        using var before = SafetensorsReader.Open(Path.Combine(Model, ModelFiles.Weights));
        using var after = policy.CopyPolicy(ScalarType.Float32, CPU, PromptFormat.Raw, null, []);
        return after.Network.Parameters.Sum(p => p.Value.ne(before.Read(p.Key, ScalarType.Float32, CPU)).sum().item<long>());
    }

    private static void Store(string directory, ScalarType type)
    {
        using var model = PretrainedModel.Load(directory, ScalarType.Float32, CPU);
        model.SavePretrained(directory, type);
        var config = JsonNode.Parse(File.ReadAllBytes(Path.Combine(directory, ModelFiles.Config)))!;
        Assert.AreEqual(StoredDtype.Name(type), config["torch_dtype"]!.GetValue<string>());
    }
}
