using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public sealed class GgufExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModelFiles _files = new(new Dictionary<string, byte[]> { ["tokenizer.json"] = JsonSerializer.SerializeToUtf8Bytes(TinyTokenizer.Json()) }, "model");

    internal static ModelConfig Config { get; } = RandomModel.Config with { VocabularySize = 1004, EosTokenIds = [TinyTokenizer.ImEnd], PadTokenId = 3, RopeTheta = 500_000, NormEpsilon = 0.5 / (1 << 16) };

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("llama")]
    [DataRow("llama with biases, a head of its own and large heads")]
    [DataRow("qwen2")]
    [DataRow("qwen3")]
    public void What_is_written_is_read_back_to_the_bit(string shape)
    {
        var config = shape switch
        {
            "llama" => Config,
            "qwen2" => Config with { ModelType = shape, QkvBias = true },
            "qwen3" => Config with { ModelType = shape, QkNorm = true, HeadSize = 16, TiedHead = false },
            _ => Config with { TiedHead = false, HeadSize = 16, QkvBias = true, OutputBias = true, MlpBias = true, Heads = 6, KeyValueHeads = 3 },
        };
        using var network = RandomModel.Create(config, ScalarType.Float32);
        Save(network);
        using var read = Read();
        Assert.AreEqual(
            config with { EosTokenIds = read.Config.EosTokenIds, BosTokenId = read.Config.BosTokenId },
            read.Config);
        CollectionAssert.AreEqual(config.EosTokenIds.ToArray(), read.Config.EosTokenIds.ToArray());
        CollectionAssert.AreEquivalent(network.Parameters.Keys.ToArray(), read.Network.Parameters.Keys.ToArray());
        foreach (var (name, weight) in network.Parameters)
        {
            Assert.IsTrue(weight.Equals(read.Network.Parameters[name]), name);
        }
    }

    [TestMethod]
    [DataRow(WeightType.Float16, ScalarType.Float16)]
    [DataRow(WeightType.BFloat16, ScalarType.BFloat16)]
    public void A_narrower_type_rounds_matrices_and_leaves_norms_and_biases_alone(WeightType type, ScalarType stored)
    {
        using var network = RandomModel.Create(Config with { QkvBias = true, OutputBias = true }, ScalarType.Float64);
        Save(network, new() { Type = type });
        using var read = Read();
        using var scope = NewDisposeScope();
        foreach (var (name, weight) in network.Parameters)
        {
            var expected = weight.detach().to(ScalarType.Float32);
            Assert.IsTrue((weight.dim() > 1 ? expected.to(stored).to(ScalarType.Float32) : expected).Equals(read.Network.Parameters[name]), name);
        }

        using var gguf = GgufFile.Open(_folder["m.gguf"]);
        Assert.AreEqual(GgufFileType.Of(type), (int)gguf.Metadata.Whole("general.file_type")!);
    }

    [TestMethod]
    [DataRow(new string[0])]
    [DataRow(new[] { "q_proj", "k_proj", "lm_head" })]
    public void An_adapter_is_merged(string[] targets)
    {
        using var network = RandomModel.Create(Config);
        using var scope = NewDisposeScope();
        RandomAdapter.AttachTo(network, targets: targets.Length > 0 ? targets : null);
        Save(network);
        using var read = Read(ScalarType.Float64);
        RandomAdapter.AreClose(RandomAdapter.Logits(network), RandomAdapter.Logits(read.Network), 1e-4);
        Assert.AreEqual(targets.Length == 0, read.Config.TiedHead, "an adapter on the head alone parts it from the embedding");
    }

    [TestMethod]
    public void An_adapter_alone_has_the_scale_that_llama_cpp_makes_of_it()
    {
        using var network = RandomModel.Create(Config);
        RandomAdapter.AttachTo(network, new(4, 6, RankStabilized: true), ["q_proj"]);
        GgufAdapter.Save(_folder["a.gguf"], network);
        using var gguf = GgufFile.Open(_folder["a.gguf"]);
        Assert.AreEqual(12, gguf.Metadata.Positive("adapter.lora.alpha"), "12 / 4 is 6 / √4");
        Assert.AreEqual("adapter", gguf.Metadata.Text("general.type"));
        CollectionAssert.AreEqual(
            new[] { "blk.0.attn_q.weight.lora_a", "blk.0.attn_q.weight.lora_b", "blk.1.attn_q.weight.lora_a", "blk.1.attn_q.weight.lora_b" }, gguf.Tensors.Keys.ToArray());
        using var tied = RandomModel.Create(Config);
        RandomAdapter.AttachTo(tied, targets: ["lm_head"]);
        StringAssert.StartsWith(
            Assert.ThrowsExactly<NotSupportedException>(() => GgufAdapter.Save(_folder["b.gguf"], tied)).Message,
            "The model cannot be saved as GGUF: it has an adapter on a head that is the embedding, which in llama.cpp has no tensor of its own to adapt; SaveGguf merges it.");
    }

    [TestMethod]
    public void Numbers_beyond_float16_are_refused_and_nothing_is_left()
    {
        using var network = RandomModel.Create(Config, ScalarType.Float32);
        using (no_grad())
        {
            network.Parameters["model.layers.1.mlp.up_proj.weight"][3, 4].fill_(Scalars.Of(-65520));
            network.Parameters["model.layers.1.mlp.up_proj.weight"][5, 6].fill_(Scalars.Of(double.NaN)); // which stays what it is
        }

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Save(network, new() { Type = WeightType.Float16 }));
        Assert.AreEqual("'blk.1.ffn_up.weight' has a weight of -6.552E+04, which Float16 cannot hold. Nothing was saved. Save as BFloat16 or Float32.", error.Message);
        StringAssert.StartsWith(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Save(network, new() { Type = WeightType.Float64 })).Message, "A GGUF file is saved as Float32, Float16 or BFloat16.");
        Assert.IsEmpty(_folder.Names);
    }

    [TestMethod]
    [DataRow(10)]
    [DataRow(1000)]
    [DataRow(150_000)]
    public void On_a_full_disk_nothing_appears_and_an_old_file_stays_as_it_was(int room)
    {
        using var network = RandomModel.Create(Config, ScalarType.Float32);
        for (var again = 0; again < 2; again++)
        {
            var error = Assert.ThrowsExactly<IOException>(() => GgufExport.Save(_folder["m.gguf"], network, _files, [TinyTokenizer.ImEnd], new(), path => new FullDisk(path, room)));
            Assert.AreEqual(
                $"The model could not be saved to '{_folder["m.gguf"]}': No space left on device : '{_folder["m.gguf"]}'. "
                + "Free space there and see that it may be written to, or save to another place. What was there before is untouched.",
                error.Message);
            CollectionAssert.AreEqual(again == 0 ? [] : new[] { "m.gguf" }, _folder.Names.ToArray());
            File.WriteAllText(_folder["m.gguf"], "old");
        }

        Assert.AreEqual("old", File.ReadAllText(_folder["m.gguf"]));
    }

    [TestMethod]
    public void Missing_directories_are_made_and_one_in_the_files_place_is_refused()
    {
        using var network = RandomModel.Create(Config, ScalarType.Float32);
        Save(network, path: Path.Combine(_folder["new"], "newer", "m.gguf"));
        CollectionAssert.AreEqual(new[] { "m.gguf" }, Directory.GetFileSystemEntries(Path.Combine(_folder["new"], "newer")).Select(Path.GetFileName).ToArray());
        var error = Assert.ThrowsExactly<IOException>(() => Save(network, path: _folder["new"]));
        Assert.AreEqual($"'{_folder["new"]}' is a directory. Give the name of a file, which by custom ends in .gguf.", error.Message);
        var none = _folder["none"] + Path.DirectorySeparatorChar;
        Assert.AreEqual($"'{none}' is a directory. Give the name of a file, which by custom ends in .gguf.", Assert.ThrowsExactly<IOException>(() => Save(network, path: none)).Message);
        CollectionAssert.AreEqual(new[] { "new" }, _folder.Names.ToArray());
    }

    [TestMethod]
    public void What_llama_cpp_has_no_place_for_is_refused_by_name()
    {
        const string Begin = "The model cannot be saved as GGUF: it has ", End = ". Use SavePretrained, and convert that directory with llama.cpp's own converter if it can.";
        void Refuses(ModelConfig config, string problem)
        {
            using var network = RandomModel.Create(config, ScalarType.Float32);
            Assert.AreEqual(Begin + problem + End, Assert.ThrowsExactly<NotSupportedException>(() => Save(network)).Message);
        }

        Refuses(Config with { ModelType = "mamba" }, "the architecture 'mamba', and GGUF is written for llama, qwen2, qwen3");
        Refuses(Config with { ModelType = "qwen2", HeadSize = 16 }, "4 heads of 16 for a hidden size of 32, which llama.cpp's architecture 'qwen2' takes to be their product");
        Refuses(Config with { ModelType = "qwen3", QkvBias = true, OutputBias = true }, "biases on other layers than llama.cpp's architecture 'qwen3' has them on");
        Refuses(Config with { QkNorm = true, ModelType = "qwen3", VocabularySize = 1002 }, "the token '<s>' with the id 1002, and weights for 1002 tokens");
        Assert.IsEmpty(_folder.Names);
    }

    [TestMethod]
    public void A_policy_that_was_trained_is_written_and_loads_again()
    {
        var ml = new MLContext(1);
        var directory = TinyModel.Write(_folder["model"]);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, ModelFiles.Config)))!;
        config["eos_token_id"] = new JsonArray(2, 3, 5);
        File.WriteAllText(Path.Combine(directory, ModelFiles.Config), config.ToJsonString());
        using var policy = ml.Transforms.TrainGrpo(TinyModel.Options(directory)).Fit(Question.View(ml, 4));
        policy.SaveGguf(_folder["policy.gguf"]);
        using var read = ml.Transforms.LoadGrpoPolicy(_folder["policy.gguf"]);
        Assert.AreEqual(policy.Weights(), read.Weights());
        using var columns = ml.Transforms.LoadGrpoPolicy(new GrpoOptions { ModelPath = _folder["policy.gguf"], LogProbColumnName = "LogProb", FinishReasonColumnName = "Reason", MaxCompletionTokens = 6 });
        CollectionAssert.AreEqual(policy.Transform(Question.View(ml, 3)).Answers(ml), columns.Transform(Question.View(ml, 3)).Answers(ml));
        Assert.ThrowsExactly<InvalidOperationException>(() => policy.SaveAdapterGguf(_folder["adapter.gguf"]));
        policy.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => policy.SaveGguf(_folder["late.gguf"]));
    }

    private void Save(CausalLM network, GgufOptions? options = null, string? path = null) =>
        GgufExport.Save(path ?? _folder["m.gguf"], network, _files, [TinyTokenizer.ImEnd], options ?? new());

    private PretrainedModel Read(ScalarType type = ScalarType.Float32) => PretrainedModel.Load(_folder["m.gguf"], type, CPU);
}
