using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class LoraFaceTests : FaceTests
{
    [TestMethod]
    public void An_adapter_is_trained_saved_and_loaded_and_completes_the_same_to_the_bit()
    {
        using var policy = FitAdapter();
        using var bare = Ml.Transforms.LoadGrpoPolicy(TinyModel.Options(Model));
        CollectionAssert.AreNotEqual(Answers(bare), Answers(policy));
        policy.SaveAdapter(Folder["adapter"]);
        var options = TinyModel.Options(Model);
        options.Lora = new() { AdapterPath = Folder["adapter"] };
        using var loaded = Ml.Transforms.LoadGrpoPolicy(options);
        CollectionAssert.AreEqual(Answers(policy), Answers(loaded));
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder["adapter"], PeftNames.Config)));
        Assert.AreEqual(Model, config.RootElement.GetProperty("base_model_name_or_path").GetString());
        Assert.AreEqual(4, config.RootElement.GetProperty("r").GetInt32());
    }

    [TestMethod]
    public void SavePretrained_merges_and_what_it_wrote_needs_no_adapter()
    {
        using var policy = FitAdapter();
        policy.SavePretrained(Folder["merged"]);
        using var merged = Ml.Transforms.LoadGrpoPolicy(TinyModel.Options(Folder["merged"]));
        Assert.AreEqual(policy.Weights(), merged.Weights());
        using var bare = Ml.Transforms.LoadGrpoPolicy(Model);
        Assert.AreNotEqual(bare.Weights(), merged.Weights());
        CollectionAssert.AreEqual(Answers(policy).Select(Text).ToArray(), Answers(merged).Select(Text).ToArray());
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => merged.SaveAdapter(Folder["none"])).Message, "no adapter to save");
        Assert.IsFalse(Directory.Exists(Folder["none"]));
    }

    [TestMethod]
    public void A_model_file_keeps_base_and_adapter_and_training_goes_on_from_it()
    {
        using var policy = FitAdapter();
        Ml.Model.Save(policy, null, Folder["policy.zip"]);
        using var loaded = (GrpoTransformer)Ml.Model.Load(Folder["policy.zip"], out _);
        CollectionAssert.AreEqual(Answers(policy), Answers(loaded));
        Assert.AreEqual(Adapter(policy), Adapter(loaded));
        using var further = GoOn(loaded);
        Assert.AreNotEqual(Adapter(loaded), Adapter(further));
        Assert.AreEqual(Adapter(policy), Adapter(loaded), "What is gone on from is not changed.");
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder["saved"], PeftNames.Config)));
        Assert.AreEqual(JsonValueKind.Null, config.RootElement.GetProperty("base_model_name_or_path").ValueKind, "A model file names no path.");
    }

    [TestMethod]
    public void A_policy_goes_on_from_an_earlier_one_which_stays_as_it_is()
    {
        using var first = Fit();
        var (weights, answers) = (first.Weights(), Answers(first));
        using var second = GoOn(first);
        Assert.AreNotEqual(weights, second.Weights());
        Assert.AreEqual(weights, first.Weights());
        CollectionAssert.AreEqual(answers, Answers(first));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => second.SaveAdapter(Folder["x"])).Message, "GrpoOptions.Lora = new()");

        // A new adapter on the earlier policy's weights: in float64 they are the same, widened.
        using var adapted = GoOn(first, o => (o.Lora, o.Execution.Precision) = (new() { Rank = 2 }, Precision.Float64));
        adapted.SaveAdapter(Folder["adapter"]);
        Assert.AreNotEqual(weights, adapted.Weights());
        first.SavePretrained(Folder["first"]);
        var again = TinyModel.Options(Folder["first"]);
        (again.Lora, again.Execution.Precision) = (new() { AdapterPath = Folder["adapter"] }, Precision.Float64);
        using var loaded = Ml.Transforms.LoadGrpoPolicy(again);
        CollectionAssert.AreEqual(Answers(adapted).Select(Text).ToArray(), Answers(loaded).Select(Text).ToArray());
    }

    [TestMethod]
    public void An_earlier_policy_that_was_disposed_or_has_no_weights_is_refused()
    {
        var gone = Ml.Transforms.LoadGrpoPolicy(Model);
        gone.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => GoOn(gone));
        using var other = TransformerFixture.Transformer(Ml, new UpperCaseGenerator());
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => GoOn(other)).Message, "'upper-case test' has no weights to go on from");
    }

    [TestMethod]
    public void The_adapter_of_an_earlier_policy_or_of_a_directory_is_trained_further()
    {
        using var first = FitAdapter();
        var before = Adapter(first);
        first.SaveAdapter(Folder["adapter"]);
        using var fromPolicy = GoOn(first);
        using var fromDirectory = Fit(o => o.Lora = new() { AdapterPath = Folder["adapter"] });
        Assert.AreEqual(Adapter(fromPolicy), Adapter(fromDirectory), "The same adapter, seed and data.");
        Assert.AreNotEqual(before, Adapter(fromPolicy));
        Assert.AreEqual(before, Adapter(first));
    }

    [TestMethod]
    public void Two_adapters_on_top_of_each_other_are_refused()
    {
        using var policy = FitAdapter();
        policy.SaveAdapter(Folder["adapter"]);
        foreach (var lora in new LoraOptions[] { new(), new() { AdapterPath = Folder["adapter"] } })
        {
            var error = Assert.ThrowsExactly<GrpoOptionsException>(() => Ml.Transforms.TrainGrpo(new GrpoOptions { InitialPolicy = policy, Lora = lora, Rewards = { TestOptions.Reward("length") } }));
            StringAssert.Contains(error.Violations.Single(), "Lora is set, but InitialPolicy has an adapter");
        }
    }

    [TestMethod]
    public void A_model_directory_that_holds_an_adapter_too_is_read_only_when_both_are_named()
    {
        using var policy = FitAdapter();
        policy.SaveAdapter(Folder["adapter"]);
        var alone = Assert.ThrowsExactly<FileNotFoundException>(() => Ml.Transforms.LoadGrpoPolicy(Folder["adapter"]));
        StringAssert.EndsWith(alone.Message, "and Lora.AdapterPath to this one.");
        foreach (var name in new[] { PeftNames.Config, PeftNames.Weights })
        {
            File.Copy(Path.Combine(Folder["adapter"], name), Path.Combine(Model, name));
        }

        foreach (var lora in new LoraOptions?[] { null, new(), new() { AdapterPath = Folder["adapter"] } })
        {
            var error = Assert.ThrowsExactly<ModelFormatException>(() => Fit(o => o.Lora = lora));
            StringAssert.EndsWith(error.Message, "Set Lora.AdapterPath to this directory too if the adapter belongs on the model, or take adapter_config.json out if it does not.");
        }

        var both = TinyModel.Options(Model);
        both.Lora = new() { AdapterPath = Model + Path.DirectorySeparatorChar };
        using var loaded = Ml.Transforms.LoadGrpoPolicy(both);
        CollectionAssert.AreEqual(Answers(policy), Answers(loaded));
    }

    [TestMethod]
    public void Names_of_no_layer_and_dropout_before_the_head_are_refused_with_the_remedy()
    {
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => Fit(o => o.Lora = new() { TargetModules = { "q_proj", "c_attn" } }));
        StringAssert.Contains(error.Violations.Single(), "Lora.TargetModules holds \"c_attn\", but the linear layers of the model are q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head: use those names");
        error = Assert.ThrowsExactly<GrpoOptionsException>(() => Fit(o => o.Lora = new() { TargetModules = { "q_proj", "lm_head" }, Dropout = 0.1 }));
        StringAssert.StartsWith(error.Violations.Single(), "Lora.Dropout is 0.1, but Lora.TargetModules names lm_head");
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => Fit(o => o.Lora = new() { AdapterPath = Folder["absent"] }));
    }

    [TestMethod]
    public void An_adapter_keeps_its_dropout_unless_the_options_set_another()
    {
        double Saved(GrpoTransformer policy)
        {
            policy.SaveAdapter(Folder["saved"]);
            using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder["saved"], PeftNames.Config)));
            return config.RootElement.GetProperty("lora_dropout").GetDouble();
        }

        using var policy = FitAdapter(o => o.Lora!.Dropout = 0.25);
        policy.SaveAdapter(Folder["adapter"]);
        using var loaded = Ml.Transforms.LoadGrpoPolicy(new() { ModelPath = Model, Lora = new() { AdapterPath = Folder["adapter"] } });
        Assert.AreEqual(0.25, Saved(loaded));
        using var further = GoOn(loaded);
        Assert.AreEqual(0.25, Saved(further));
        using var fromDirectory = Fit(o => o.Lora = new() { AdapterPath = Folder["adapter"] });
        Assert.AreEqual(0.25, Saved(fromDirectory));
        Assert.AreEqual(Adapter(further), Adapter(fromDirectory), "Two ways to go on, one training.");
        using var without = Fit(o => o.Lora = new() { AdapterPath = Folder["adapter"], Dropout = 0 });
        Assert.AreEqual(0, Saved(without));
    }

    [TestMethod]
    public void A_directorys_adapter_on_the_head_with_dropout_is_refused_until_the_options_take_that_away()
    {
        using var policy = FitAdapter(o => o.Lora!.TargetModules.Add("lm_head"));
        policy.SaveAdapter(Folder["adapter"]);
        var file = Path.Combine(Folder["adapter"], PeftNames.Config);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"lora_dropout\": 0", "\"lora_dropout\": 0.05", StringComparison.Ordinal));
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => Fit(o => o.Lora = new() { AdapterPath = Folder["adapter"] }));
        Assert.AreEqual($"Lora.AdapterPath is \"{Folder["adapter"]}\", an adapter on the head (lm_head), and the dropout is 0.05, but the head's input has no dropout: set Lora.Dropout = 0.", error.Violations.Single());
        using var trained = Fit(o => o.Lora = new() { AdapterPath = Folder["adapter"], Dropout = 0 });
        var options = TinyModel.Options(Model);
        options.Lora = new() { AdapterPath = Folder["adapter"] };
        using var loaded = Ml.Transforms.LoadGrpoPolicy(options);
        StringAssert.StartsWith(Assert.ThrowsExactly<GrpoOptionsException>(() => GoOn(loaded)).Violations.Single(), "InitialPolicy has an adapter on the head (lm_head) with dropout 0.05");
    }

    [TestMethod]
    public void A_policy_says_whether_it_has_an_adapter()
    {
        using var bare = Ml.Transforms.LoadGrpoPolicy(Model);
        Assert.IsFalse(bare.HasAdapter);
        using var policy = FitAdapter();
        Assert.IsTrue(policy.HasAdapter);
        Ml.Model.Save(policy, null, Folder["policy.zip"]);
        using var loaded = (GrpoTransformer)Ml.Model.Load(Folder["policy.zip"], out _);
        Assert.IsTrue(loaded.HasAdapter);
    }

    [TestMethod]
    public void Going_on_with_the_seed_of_the_run_before_is_warned_of()
    {
        string[] Warnings(GrpoTransformer from, long? seed)
        {
            using var log = new CollectingLogger();
            using var further = GoOn(from, o => (o.Seed, o.Logger) = (seed, log));
            return [.. log.Lines.Where(line => line.StartsWith("Warning: The seed is ", StringComparison.Ordinal))];
        }

        using var first = Fit();
        CollectionAssert.AreEqual(new[] { "Warning: The seed is 1, as in the run that made InitialPolicy, so this run takes the prompts in the same order from the start, and draws by the same numbers: set another Seed to go on with other prompts." }, Warnings(first, null));
        Assert.HasCount(1, Warnings(first, 1));
        Assert.IsEmpty(Warnings(first, 2));
    }

    [TestMethod]
    public void A_reference_that_follows_is_refused_when_the_earlier_policy_has_an_adapter()
    {
        using var policy = FitAdapter();
        var error = Assert.ThrowsExactly<GrpoOptionsException>(() => GoOn(policy, o => (o.Loss.Beta, o.Reference.SyncEverySteps) = (0.1, 1)));
        StringAssert.StartsWith(error.Violations.Single(), "Reference.SyncEverySteps is 1, but InitialPolicy has an adapter");
    }

    [TestMethod]
    public void A_merged_adapter_on_a_tied_head_unties_it_in_the_files()
    {
        using var policy = FitAdapter(o => o.Lora!.TargetModules.Add("lm_head"));
        policy.SavePretrained(Folder["merged"]);
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder["merged"], ModelFiles.Config)));
        Assert.IsFalse(config.RootElement.GetProperty("tie_word_embeddings").GetBoolean());
        using var merged = Ml.Transforms.LoadGrpoPolicy(TinyModel.Options(Folder["merged"]));
        CollectionAssert.AreEqual(Answers(policy).Select(Text).ToArray(), Answers(merged).Select(Text).ToArray());
        using var model = PretrainedModel.Load(Folder["merged"], ScalarType.Float32, CPU);
        using var own = PretrainedModel.Load(Model, ScalarType.Float32, CPU);
        Assert.IsTrue(own.Network.Parameters[ModelWeights.Embedding].Equals(model.Network.Parameters[ModelWeights.Embedding]));
        Assert.IsFalse(model.Network.Parameters[ModelWeights.Embedding].Equals(model.Network.Parameters[ModelWeights.Head]));
    }

    private GrpoTransformer FitAdapter(Action<GrpoOptions>? change = null) => Fit(o =>
    {
        o.Lora = new() { Rank = 4, Alpha = 64 };
        change?.Invoke(o);
    });

    private GrpoTransformer GoOn(GrpoTransformer from, Action<GrpoOptions>? change = null) => Fit(o =>
    {
        (o.ModelPath, o.InitialPolicy) = (null, from);
        change?.Invoke(o);
    });

    private List<string> Answers(GrpoTransformer policy) => policy.Transform(Question.View(Ml, 5)).Answers(Ml);

    private static string Text(string answer) => answer.Split('|')[0];

    private string Adapter(GrpoTransformer policy)
    {
        policy.SaveAdapter(Folder["saved"]);
        return Convert.ToHexString(File.ReadAllBytes(Path.Combine(Folder["saved"], PeftNames.Weights)));
    }
}
