using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public sealed class PeftDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    [DataRow(new[] { "q_proj", "down_proj" })]
    [DataRow(new[] { "layers.1.mlp.up_proj" })]
    [DataRow(new[] { "lm_head", "k_proj" })]
    public void What_is_written_is_read_back_the_same(string[] targets)
    {
        using var network = RandomModel.Create();
        var written = RandomAdapter.AttachTo(network, new(3, 2.5, RankStabilized: true, Dropout: 0.125), targets);
        PeftDirectory.Save(_folder["a"], network, ScalarType.Float64);
        using var read = PeftDirectory.Load(_folder["a"], network);
        Assert.AreEqual(written.Settings, read.Settings);
        CollectionAssert.AreEqual(written.Parameters.Keys.ToArray(), read.Parameters.Keys.ToArray());
        Assert.IsTrue(written.Parameters.All(p => p.Value.Equals(read.Parameters[p.Key])));
        Assert.IsNull(read.BaseModel);
    }

    [TestMethod]
    public void The_config_is_PEFTs()
    {
        using var network = RandomModel.Create();
        network.Attach(LoraInitialization.Create(network, LoraTargets.Named(network, ["v_proj", "q_proj"]), new(3, 6), new(1), "models/base"));
        PeftDirectory.Save(_folder["a"], network, ScalarType.Float32);
        Assert.AreEqual(
            """
            {
              "alpha_pattern": {},
              "auto_mapping": null,
              "base_model_name_or_path": "models/base",
              "bias": "none",
              "fan_in_fan_out": false,
              "inference_mode": true,
              "init_lora_weights": true,
              "layers_pattern": null,
              "layers_to_transform": null,
              "lora_alpha": 6,
              "lora_dropout": 0,
              "modules_to_save": null,
              "peft_type": "LORA",
              "r": 3,
              "rank_pattern": {},
              "revision": null,
              "target_modules": [
                "q_proj",
                "v_proj"
              ],
              "task_type": "CAUSAL_LM",
              "use_dora": false,
              "use_rslora": false
            }
            """.ReplaceLineEndings("\n"),
            File.ReadAllText(Path.Combine(_folder["a"], PeftNames.Config)).ReplaceLineEndings("\n"));
    }

    [TestMethod]
    [DataRow("\"all-linear\"", 14)]
    [DataRow("[\"q_proj\", \"of_another_model\"]", 2)]
    [DataRow("\".*layers\\\\.0.*proj\"", 7)]
    public void Targets_are_a_list_a_word_or_a_pattern(string targets, int layers)
    {
        using var network = RandomModel.Create();
        var config = PeftConfig.Read("c", System.Text.Encoding.UTF8.GetBytes($$"""{"peft_type": "LORA", "r": 3, "lora_alpha": 5, "target_modules": {{targets}}}"""));
        Assert.HasCount(layers, config.Layers("c", network));
        Assert.AreEqual(new LoraSettings(3, 5), config.Settings);
    }

    [TestMethod]
    [DataRow("peft_type", "\"LOHA\"", "'peft_type' is \"LOHA\", but only \"LORA\" is supported")]
    [DataRow("task_type", "\"SEQ_CLS\"", "'task_type' is \"SEQ_CLS\"")]
    [DataRow("bias", "\"all\"", "'bias' is \"all\", but only \"none\" is supported")]
    [DataRow("modules_to_save", "[\"lm_head\"]", "'modules_to_save' is [\"lm_head\"], which is not supported")]
    [DataRow("rank_pattern", "{\"q_proj\": 8}", "'rank_pattern' is {\"q_proj\":8}")]
    [DataRow("alpha_pattern", "{\"q_proj\": 8}", "'alpha_pattern' is {\"q_proj\":8}")]
    [DataRow("layers_to_transform", "[0]", "'layers_to_transform' is [0]")]
    [DataRow("layers_pattern", "\"layers\"", "'layers_pattern' is \"layers\"")]
    [DataRow("use_dora", "true", "'use_dora' is true")]
    [DataRow("fan_in_fan_out", "true", "'fan_in_fan_out' is true")]
    [DataRow("lora_bias", "true", "'lora_bias' is true")]
    [DataRow("target_parameters", "[\"mlp.experts\"]", "'target_parameters' is")]
    [DataRow("exclude_modules", "[\"q_proj\"]", "'exclude_modules' is")]
    [DataRow("layer_replication", "[[0, 1]]", "'layer_replication' is")]
    [DataRow("trainable_token_indices", "[1]", "'trainable_token_indices' is")]
    [DataRow("some_future_key", "0.5", "'some_future_key' is 0.5, which is not supported")]
    [DataRow("init_lora_weights", "\"pissa\"", "'init_lora_weights' is \"pissa\", which may change the model's own weights")]
    [DataRow("r", "0", "'r' is 0, not a whole number from 1")]
    [DataRow("r", "null", "'r' is missing")]
    [DataRow("lora_alpha", "0", "'lora_alpha' is 0, not a number above 0")]
    [DataRow("lora_alpha", "null", "'lora_alpha' is missing")]
    [DataRow("lora_dropout", "1", "'lora_dropout' is 1, not a number from 0 to below 1")]
    [DataRow("target_modules", "null", "'target_modules' is missing")]
    [DataRow("target_modules", "[\"c_attn\"]", "'target_modules' is [c_attn], which means no linear layer of the model: those are q_proj, k_proj")]
    [DataRow("target_modules", "\"q_proj(\"", "a pattern that cannot be used here")]
    public void A_config_that_asks_for_more_than_is_supported_is_refused_by_the_keys_name(string key, string value, string problem)
    {
        using var network = RandomModel.Create();
        Write(network, config => config[key] = JsonNode.Parse(value));
        var error = Assert.ThrowsExactly<ModelFormatException>(() => PeftDirectory.Load(_folder.Path, network));
        StringAssert.Contains(error.Message, problem);
        StringAssert.StartsWith(error.Message, _folder[PeftNames.Config] + ": ");
    }

    [TestMethod]
    [DataRow("loftq_config", "{}")]
    [DataRow("eva_config", "null")]
    [DataRow("eva_config", "{\"rho\": 2.0}")]
    [DataRow("init_lora_weights", "\"eva\"")]
    [DataRow("use_bdlora", "null")]
    [DataRow("qalora_group_size", "16")]
    [DataRow("megatron_core", "\"megatron.core\"")]
    [DataRow("init_lora_weights", "\"gaussian\"")]
    [DataRow("revision", "\"main\"")]
    public void Keys_that_are_off_or_harmless_are_accepted(string key, string value)
    {
        using var network = RandomModel.Create();
        Write(network, config => config[key] = JsonNode.Parse(value));
        using var read = PeftDirectory.Load(_folder.Path, network, dropout: 0.25);
        Assert.AreEqual(0.25, read.Settings.Dropout);
    }

    [TestMethod]
    public void Tensors_that_are_missing_unexpected_or_misshapen_are_refused()
    {
        using var network = RandomModel.Create();
        const string Name = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight";
        void Refused(string problem, Action<Dictionary<string, Tensor>> edit)
        {
            Write(network, _ => { }, edit);
            StringAssert.Contains(Assert.ThrowsExactly<ModelFormatException>(() => PeftDirectory.Load(_folder.Path, network)).Message, problem);
        }

        Refused($"tensor '{Name}' [32, 3] is missing", t => t.Remove(Name));
        Refused($"tensor '{Name}' has shape [3, 32], but the model and 'r' of adapter_config.json imply [32, 3]", t => t[Name] = t[Name].t().contiguous());
        Refused("tensor 'base_model.model.model.layers.0.mlp.up_proj.lora_B.weight' is not part of an adapter on the layers", t => t["base_model.model.model.layers.0.mlp.up_proj.lora_B.weight"] = t[Name]);
        Refused("tensor 'base_model.model.model.embed_tokens.weight' differs from the model's", t => t["base_model.model.model.embed_tokens.weight"] = network.Parameters[ModelWeights.Embedding] * Scalars.Of(2));
        Write(network, _ => { }, t => t["base_model.model.lm_head.base_layer.weight"] = t["base_model.model.model.embed_tokens.weight"] = network.Parameters[ModelWeights.Embedding]);
        PeftDirectory.Load(_folder.Path, network).Dispose();
    }

    [TestMethod]
    public void A_directory_that_lacks_files_is_refused_with_its_remedy()
    {
        using var network = RandomModel.Create();
        StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(() => PeftDirectory.Load(_folder["absent"], network)).Message, "does not exist. Give the path of a PEFT directory");
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => PeftDirectory.Load(_folder.Path, network)).Message, "holds no adapter_config.json");
        Write(network, _ => { });
        File.Move(_folder[PeftNames.Weights], _folder["adapter_model.bin"]);
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => PeftDirectory.Load(_folder.Path, network)).Message, "safe_serialization=True");
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => ModelFiles.Read(_folder.Path)).Message, "and this one as the adapter.");
    }

    [TestMethod]
    public void Saving_into_a_directory_replaces_the_adapter_and_leaves_other_files()
    {
        using var network = RandomModel.Create();
        Write(network, _ => { });
        foreach (var name in new[] { "adapter_model.bin", "adapter_model.safetensors.index.json", "README.md" })
        {
            File.WriteAllText(_folder[name], "old");
        }

        RandomAdapter.AttachTo(network, targets: ["up_proj"]);
        PeftDirectory.Save(_folder.Path, network, ScalarType.Float32);
        CollectionAssert.AreEqual(new[] { "README.md", "adapter_config.json", "adapter_model.safetensors" }, _folder.Names.ToArray());
        using var read = PeftDirectory.Load(_folder.Path, network);
        Assert.HasCount(2, read.Factors);
    }

    [TestMethod]
    public void On_a_full_disk_what_was_there_stays()
    {
        using var network = RandomModel.Create();
        Write(network, _ => { });
        var before = File.ReadAllBytes(_folder[PeftNames.Weights]);
        RandomAdapter.AttachTo(network);
        var error = Assert.ThrowsExactly<IOException>(() => PeftDirectory.Save(_folder.Path, network, ScalarType.Float32, path => new FullDisk(path, room: 5000)));
        StringAssert.Contains(error.Message, "What was there before is untouched.");
        CollectionAssert.AreEqual(before, File.ReadAllBytes(_folder[PeftNames.Weights]));
        Assert.Throws<IOException>(() => PeftDirectory.Save(_folder["new"], network, ScalarType.Float32, path => new FullDisk(path, room: 5000)));
        CollectionAssert.AreEqual(new[] { "adapter_config.json", "adapter_model.safetensors" }, _folder.Names.ToArray());
    }

    [TestMethod]
    public void A_failure_while_files_are_replaced_leaves_no_adapter_that_loads()
    {
        using var network = RandomModel.Create();
        Write(network, _ => { });
        File.Delete(_folder[PeftNames.Weights]);
        Directory.CreateDirectory(_folder[PeftNames.Weights]); // a rename onto it fails, after the old config is gone
        RandomAdapter.AttachTo(network);
        var error = Assert.Throws<IOException>(() => PeftDirectory.Save(_folder.Path, network, ScalarType.Float32));
        StringAssert.EndsWith(error.Message, "Some of the files there are new and some are old: save again before they are used.");
        CollectionAssert.AreEqual(new[] { PeftNames.Weights }, _folder.Names.ToArray());
        Assert.ThrowsExactly<FileNotFoundException>(() => PeftDirectory.Load(_folder.Path, network));
    }

    [TestMethod]
    public void A_directory_that_holds_a_model_takes_no_adapter()
    {
        using var network = RandomModel.Create();
        RandomAdapter.AttachTo(network);
        File.WriteAllText(_folder[ModelFiles.Config], "{}");
        var error = Assert.ThrowsExactly<IOException>(() => PeftDirectory.Save(_folder.Path, network, ScalarType.Float32));
        Assert.AreEqual($"'{_folder.Path}' holds a model (config.json), and an adapter beside it would change what is loaded from there. Save the adapter to a directory of its own.", error.Message);
        CollectionAssert.AreEqual(new[] { ModelFiles.Config }, _folder.Names.ToArray());
    }

    /// <summary>Writes an adapter on q_proj, its files changed as the test wants.</summary>
    private void Write(CausalLM network, Action<JsonObject> editConfig, Action<Dictionary<string, Tensor>>? editTensors = null)
    {
        using var twin = network.CloneFrozen();
        RandomAdapter.AttachTo(twin, targets: ["q_proj"]);
        PeftDirectory.Save(_folder.Path, twin, ScalarType.Float64);
        var config = JsonNode.Parse(File.ReadAllBytes(_folder[PeftNames.Config]))!.AsObject();
        editConfig(config);
        File.WriteAllText(_folder[PeftNames.Config], config.ToJsonString());
        var tensors = twin.Adapter!.Parameters.ToDictionary(p => p.Key, p => p.Value);
        editTensors?.Invoke(tensors);
        SafetensorsWriter.WriteFile(_folder[PeftNames.Weights], tensors, ScalarType.Float64);
    }
}
