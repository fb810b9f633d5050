using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public sealed class PretrainedModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void A_tied_head_is_one_tensor_with_the_embedding()
    {
        new SavedModel().Write(_folder.Path);
        using var model = Load();
        using var scope = NewDisposeScope();
        Assert.IsFalse(model.Network.Parameters.ContainsKey("lm_head.weight"));
        var hidden = ones(1, 1, 32);
        var before = model.Network.Logits(hidden).clone();
        using (no_grad())
        {
            model.Network.Parameters["model.embed_tokens.weight"].mul_(Scalars.Of(2));
        }

        Assert.IsTrue(model.Network.Logits(hidden).allclose(before * Scalars.Of(2)));
    }

    [TestMethod]
    public void Weights_stored_narrow_are_widened()
    {
        new SavedModel().Write(_folder.Path, storedAs: ScalarType.BFloat16);
        using var original = RandomModel.Create(dtype: ScalarType.Float32);
        using var model = PretrainedModel.Load(_folder.Path, ScalarType.Float64, CPU);
        using var scope = NewDisposeScope();
        foreach (var (name, expected) in original.Parameters)
        {
            Assert.IsTrue(expected.to(ScalarType.BFloat16).to(ScalarType.Float64).Equals(model.Network.Parameters[name]), name);
        }
    }

    [TestMethod]
    public void End_ids_of_both_files_are_joined()
    {
        var files = new SavedModel();
        files.Files["generation_config.json"] = Encoding.UTF8.GetBytes("""{"eos_token_id": [7, 2], "temperature": 0.1}""");
        files.Write(_folder.Path);
        using var model = Load();
        CollectionAssert.AreEqual(new[] { 2, 7 }, model.EosTokenIds.ToArray());
    }

    [TestMethod]
    public void Keys_without_meaning_here_are_reported()
    {
        new SavedModel().Write(_folder.Path);
        using var model = Load();
        CollectionAssert.AreEqual(new[] { "note" }, model.UnusedConfigKeys.ToArray());
    }

    [TestMethod]
    public void Buffers_of_old_files_and_a_second_copy_of_the_tied_head_are_no_fault()
    {
        new SavedModel().Write(_folder.Path, weights =>
        {
            weights["model.layers.0.self_attn.rotary_emb.inv_freq"] = ones(4);
            weights["lm_head.weight"] = weights["model.embed_tokens.weight"];
        });
        using var model = Load();
        Assert.HasCount(RandomModelParameters, model.Network.Parameters);
    }

    [TestMethod]
    public void A_head_that_differs_from_what_config_ties_it_to_is_refused()
    {
        new SavedModel().Write(_folder.Path, weights => weights["lm_head.weight"] = weights["model.embed_tokens.weight"].Plus(Scalars.Of(1)));
        Refused("tensor 'lm_head.weight' differs from 'model.embed_tokens.weight', but config.json ties them. Set \"tie_word_embeddings\": false in config.json.");
    }

    [TestMethod]
    public void A_config_that_is_no_UTF8_is_named()
    {
        var files = new SavedModel();
        files.Files["config.json"] = [.. "{\"note\": \""u8, 0xC3, .. "\"}"u8];
        files.Write(_folder.Path);
        var refusal = Assert.ThrowsExactly<ModelFormatException>(() => Load());
        Assert.AreEqual($"{_folder["config.json"]}: is not valid UTF-8. Download the file again.", refusal.Message);
    }

    [TestMethod]
    public void A_dtype_of_half_a_character_is_named()
    {
        var files = new SavedModel();
        files.Files["config.json"] = Encoding.UTF8.GetBytes(SavedModel.TiedConfig.Replace("\"bfloat16\"", "\"\\ud800\"", StringComparison.Ordinal));
        files.Write(_folder.Path);
        var refusal = Assert.ThrowsExactly<ModelFormatException>(() => Load());
        StringAssert.StartsWith(refusal.Message, $"{_folder["config.json"]}: 'torch_dtype' is \"\\ud800\", not text of whole characters.");
    }

    [TestMethod]
    public void A_missing_tensor_is_named()
    {
        new SavedModel().Write(_folder.Path, weights => weights.Remove("model.layers.1.mlp.up_proj.weight"));
        Refused("tensor 'model.layers.1.mlp.up_proj.weight' [48, 32] is missing. config.json describes a llama of 2 layers: use a file that belongs to it.");
    }

    [TestMethod]
    public void A_missing_head_is_named_with_its_own_remedy()
    {
        var files = new SavedModel();
        files.Files["config.json"] = Encoding.UTF8.GetBytes(SavedModel.TiedConfig.Replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false", StringComparison.Ordinal));
        files.Write(_folder.Path);
        Refused("tensor 'lm_head.weight' [40, 32] is missing. If the head is the embedding matrix, set \"tie_word_embeddings\": true in config.json; otherwise use a complete file.");
    }

    [TestMethod]
    public void Billions_of_layers_are_refused_at_once()
    {
        var files = new SavedModel();
        files.Files["config.json"] = Encoding.UTF8.GetBytes(SavedModel.TiedConfig.Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2000000000", StringComparison.Ordinal));
        files.Write(_folder.Path);
        Refused("holds 20 tensors, fewer than the 2000000000 layers of config.json. Use the config.json that belongs to the file.");
    }

    [TestMethod]
    public void A_misshapen_tensor_is_named()
    {
        new SavedModel().Write(_folder.Path, weights => weights["model.norm.weight"] = ones(33));
        Refused("tensor 'model.norm.weight' has shape [33], but config.json implies [32]. Use the config.json that belongs to the file.");
    }

    [TestMethod]
    public void A_transposed_matrix_is_misshapen()
    {
        new SavedModel().Write(_folder.Path, weights => weights["model.layers.0.mlp.up_proj.weight"] = weights["model.layers.0.mlp.up_proj.weight"].t());
        Refused("tensor 'model.layers.0.mlp.up_proj.weight' has shape [32, 48], but config.json implies [48, 32]. Use the config.json that belongs to the file.");
    }

    [TestMethod]
    public void A_tensor_that_would_be_left_out_is_named()
    {
        new SavedModel().Write(_folder.Path, weights => weights["model.layers.0.self_attn.q_proj.bias"] = ones(32));
        Refused("tensor 'model.layers.0.self_attn.q_proj.bias' is not part of a llama as config.json describes it, and leaving it out would change the results. Use the config.json that belongs to the file; merge adapters before saving.");
    }

    [TestMethod]
    public void A_file_cut_short_is_refused_and_named()
    {
        new SavedModel().Write(_folder.Path);
        using (var file = File.OpenWrite(_folder["model.safetensors"]))
        {
            file.SetLength(file.Length - 4);
        }

        var refusal = Assert.ThrowsExactly<ModelFormatException>(() => Load());
        StringAssert.StartsWith(refusal.Message, $"{_folder["model.safetensors"]}: tensor '");
        StringAssert.EndsWith(refusal.Message, "it is cut short. Download the file again.");
    }

    [TestMethod]
    public void A_missing_directory_is_named_with_what_it_should_hold()
    {
        var error = Assert.ThrowsExactly<DirectoryNotFoundException>(() => PretrainedModel.Load(_folder["absent"], ScalarType.Float32, CPU));
        Assert.AreEqual($"Model directory '{_folder["absent"]}' does not exist. Give the path of a Hugging Face model directory, with config.json, model.safetensors, tokenizer.json and tokenizer_config.json, or of a .gguf file.", error.Message);
    }

    [TestMethod]
    public void A_missing_config_is_named()
    {
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => Load());
        Assert.AreEqual($"'{_folder.Path}' holds no config.json. Give the path of a Hugging Face model directory, with config.json, model.safetensors, tokenizer.json and tokenizer_config.json, or of a .gguf file.", error.Message);
    }

    [TestMethod]
    [DataRow("pytorch_model.bin", "holds its weights as pytorch_model.bin, a Python pickle, which can run any code when it is read and is therefore not supported. ")]
    [DataRow("consolidated.00.pth", "holds its weights as consolidated.00.pth, a Python pickle, which can run any code when it is read and is therefore not supported. ")]
    [DataRow("model.ckpt", "holds its weights as model.ckpt, a Python pickle, ")]
    [DataRow("weights.PT", "holds its weights as weights.PT, a Python pickle, ")]
    [DataRow("training_args.bin", "holds no model.safetensors. ")]
    [DataRow("model.gguf", "holds config.json without its weights, and model.gguf, a model of its own. Give the path of that file.")]
    [DataRow("other.txt", "holds no model.safetensors. ")]
    public void Weights_in_another_form_are_named_with_the_remedy(string file, string problem)
    {
        File.WriteAllText(_folder["config.json"], SavedModel.TiedConfig);
        File.WriteAllText(_folder[file], "{}");
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => Load());
        StringAssert.StartsWith(error.Message, $"'{_folder.Path}' {problem}");
    }

    [TestMethod]
    [DataRow("pytorch_model.bin", "is a Python pickle, which can run any code when it is read and is therefore not supported. Convert it: in Python, load the model and call save_pretrained(directory, safe_serialization=True).")]
    [DataRow("consolidated.00.pth", "is a Python pickle, which can run any code when it is read and is therefore not supported. Convert it: in Python, load the model and call save_pretrained(directory, safe_serialization=True).")]
    [DataRow("model.safetensors", "is a file, and no GGUF one. Give the path of the directory that it lies in: a Hugging Face model directory, with config.json, model.safetensors, tokenizer.json and tokenizer_config.json, or of a .gguf file.")]
    public void A_file_in_the_place_of_a_directory_is_refused_with_the_remedy(string file, string problem)
    {
        File.WriteAllText(_folder[file], "x");
        var error = Assert.ThrowsExactly<ModelFormatException>(() => PretrainedModel.Load(_folder[file], ScalarType.Float32, CPU));
        Assert.AreEqual($"{_folder[file]}: {problem}", error.Message);
    }

    [TestMethod]
    public void What_a_file_holds_tells_more_than_its_name()
    {
        File.WriteAllBytes(_folder["saved"], GgufBytes.Metaspace().ToArray());
        using (var model = PretrainedModel.Load(_folder["saved"], ScalarType.Float32, CPU))
        {
            Assert.IsNotNull(model.Origin!.TryOpen(model.Config));
        }

        new SavedModel().WriteFiles(_folder.Path);
        File.Move(_folder["saved"], _folder["model.safetensors"]);
        var error = Assert.ThrowsExactly<ModelFormatException>(() => Load());
        Assert.AreEqual($"{_folder["model.safetensors"]}: is a GGUF file, and no safetensors one. Give its own path as the model's.", error.Message);
        using (PretrainedModel.Load(_folder["model.safetensors"], ScalarType.Float32, CPU))
        {
        }

        File.WriteAllText(_folder["policy.zip"], "PK\u0003\u0004 and more");
        error = Assert.ThrowsExactly<ModelFormatException>(() => PretrainedModel.Load(_folder["policy.zip"], ScalarType.Float32, CPU));
        Assert.AreEqual($"{_folder["policy.zip"]}: is a zip archive. Load a policy that was saved with Model.Save by ml.Model.Load; unpack any other.", error.Message);
        var none = Assert.ThrowsExactly<FileNotFoundException>(() => PretrainedModel.Load(_folder["none.gguf"], ScalarType.Float32, CPU));
        Assert.AreEqual($"GGUF file '{_folder["none.gguf"]}' does not exist. Give the path of a .gguf file, or of a Hugging Face model directory.", none.Message);
    }

    [TestMethod]
    public void Nothing_is_left_in_memory_when_weights_are_refused()
    {
        new SavedModel().Write(_folder.Path, weights => weights["lm_head.weight"] = weights["model.embed_tokens.weight"].Plus(Scalars.Of(1)));
        using var reader = SafetensorsReader.Open(_folder["model.safetensors"]);
        using var scope = NewDisposeScope();
        var config = ModelFamilies.Read("config.json", File.ReadAllBytes(_folder["config.json"]));
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Assert.ThrowsExactly<ModelFormatException>(() => WeightLoader.Load(reader, config, ScalarType.Float32, CPU));
        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private const int RandomModelParameters = 2 + (2 * 9);

    private PretrainedModel Load() => PretrainedModel.Load(_folder.Path, ScalarType.Float32, CPU);

    private void Refused(string problem)
    {
        var refusal = Assert.ThrowsExactly<ModelFormatException>(() => Load());
        Assert.AreEqual($"{_folder["model.safetensors"]}: {problem}", refusal.Message);
    }
}
