using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Our files beside those of llama.cpp's own tools, which were made from the same models.</summary>
[TestClass]
public sealed class GgufGoldenTests : IDisposable
{
    // What a model's card tells, and this library does not know.
    private static readonly string[] OfTheCard =
        ["general.name", "general.organization", "general.finetune", "general.basename", "general.size_label", "general.license", "general.languages"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("tiny-llama")]
    [DataRow("tiny-qwen2")]
    public void The_metadata_of_a_reference_file_is_in_ours_type_and_all(string model)
    {
        var theirs = RawGguf.Pairs(SharedGoldens.Require($"llama-server/{model}.f32.gguf"));
        var ours = RawGguf.Pairs(Save(model));
        foreach (var (key, value) in theirs)
        {
            Assert.IsTrue(ours.ContainsKey(key), key);
            CollectionAssert.AreEqual(value, ours[key], key);
        }

        // The reference has none of these, since llama.cpp takes the same from elsewhere: the second EOS from its name.
        string[] more = ["general.type", "general.quantization_version", $"{model[5..]}.attention.key_length", $"{model[5..]}.attention.value_length",
            GgufTokenizer.AddSpace, GgufTokenizer.AddEos, GgufTokenizer.EndOfTurn];
        CollectionAssert.AreEquivalent(more, ours.Keys.Except(theirs.Keys).ToArray());
    }

    [TestMethod]
    [DataRow("tiny-llama")]
    [DataRow("tiny-qwen2")]
    public void The_tensors_of_a_reference_file_are_ours_to_the_bit_and_in_order(string model)
    {
        using var theirs = GgufFile.Open(SharedGoldens.Require($"llama-server/{model}.f32.gguf"));
        using var ours = GgufFile.Open(Save(model));
        CollectionAssert.AreEqual(theirs.Tensors.Keys.ToArray(), ours.Tensors.Keys.ToArray());
        foreach (var (name, tensor) in theirs.Tensors)
        {
            using var scope = NewDisposeScope();
            Assert.AreEqual((tensor.Type, tensor.Begin, tensor.Bytes), (ours.Tensors[name].Type, ours.Tensors[name].Begin, ours.Tensors[name].Bytes), name);
            Assert.IsTrue(theirs.Read(tensor, ScalarType.Float32, CPU).Equals(ours.Read(ours.Tensors[name], ScalarType.Float32, CPU)), name);
        }
    }

    [TestMethod]
    public void The_metadata_of_a_real_model_comes_back_as_it_was_read()
    {
        var path = Directory.EnumerateFiles(SharedGoldens.Require("smollm2"), "*.gguf").Single();
        using var gguf = GgufFile.Open(path);
        var files = GgufModel.Files(gguf);
        var config = ModelFamilies.Read(files.PathOf(ModelFiles.Config), files.Get(ModelFiles.Config));
        var (theirs, ours) = (RawGguf.Pairs(path), RawGguf.Pairs(GgufModelPairs.Of(config, files, [2], "SmolLM2", new())));
        foreach (var (key, value) in theirs.Where(pair => pair.Key != GgufConfig.FileTypeKey && !OfTheCard.Contains(pair.Key)))
        {
            Assert.IsTrue(ours.ContainsKey(key), key);
            CollectionAssert.AreEqual(value, ours[key], key);
        }
    }

    [TestMethod]
    public void A_reference_adapter_is_ours_to_the_bit()
    {
        using var network = PretrainedModel.Load(SharedGoldens.Require("models/tiny-llama"), ScalarType.Float32, CPU);
        network.Network.Attach(PeftDirectory.Load(SharedGoldens.Require("lora/tiny-llama-all"), network.Network));
        GgufAdapter.Save(_folder["a.gguf"], network.Network);
        CollectionAssert.AreEqual(File.ReadAllBytes(SharedGoldens.Require("llama-server/tiny-llama-all.lora.gguf")), File.ReadAllBytes(_folder["a.gguf"]));
    }

    [TestMethod]
    public void The_tokenizer_of_a_real_file_gives_the_ids_of_the_models_own()
    {
        var folder = SharedGoldens.Require("smollm2");
        using var gguf = GgufFile.Open(Directory.EnumerateFiles(folder, "*.gguf").Single());
        var ours = PolicyTokenizer.Read(GgufModel.Files(gguf).Get("tokenizer.json"), TokenizerConfig.Empty);
        var theirs = PolicyTokenizer.Read(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")), TokenizerConfig.Empty);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        foreach (var text in expected.RootElement.GetProperty("encode").EnumerateArray().Select(item => item.GetProperty("text").GetString()!))
        {
            foreach (var special in (bool[])[true, false])
            {
                CollectionAssert.AreEqual(theirs.Encode(text, addSpecialTokens: special).ToArray(), ours.Encode(text, addSpecialTokens: special).ToArray(), text);
            }
        }

        CollectionAssert.AreEquivalent(theirs.SpecialIds.ToArray(), ours.SpecialIds.ToArray());
    }

    [TestMethod]
    public void The_rows_of_a_real_file_stand_in_the_order_that_the_reference_gives()
    {
        var folder = SharedGoldens.Require("smollm2");
        using var gguf = GgufFile.Open(Directory.EnumerateFiles(folder, "*.gguf").Single());
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        var order = expected.RootElement.GetProperty("qk_permutation").GetProperty("order").EnumerateArray().Select(row => row.GetInt64()).ToArray();
        var files = GgufModel.Files(gguf);
        var config = ModelFamilies.Read(ConfigJson.Parse(files.PathOf(ModelFiles.Config), files.Get(ModelFiles.Config)));
        using var scope = NewDisposeScope();
        var stored = gguf.Read(gguf.Tensors["blk.0.attn_k.weight"], ScalarType.Float32, CPU);
        long[] rows = [.. Enumerable.Range(0, config.KeyValueHeads).SelectMany(head => order.Select(row => (head * (long)order.Length) + row))];
        const string Name = "model.layers.0.self_attn.k_proj.weight";
        var ours = GgufRows.ToHuggingFace(Name, stored, config);
        Assert.IsTrue(stored.index_select(0, tensor(rows)).Equals(ours));
        Assert.IsTrue(stored.Equals(GgufRows.ToGguf(Name, ours, config)));
    }

    private string Save(string model)
    {
        using var policy = new MLContext().Transforms.LoadGrpoPolicy(SharedGoldens.Require($"models/{model}"));
        var path = _folder[$"{model}.gguf"];
        policy.SaveGguf(path);
        return path;
    }
}
