using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public sealed class ShardedSafetensorsTests : IDisposable
{
    private const string Again = "Download the model again, all files of one version.";

    private readonly TemporaryFolder _folder = new();
    private readonly ShardedModel _model = new();

    public void Dispose()
    {
        _folder.Dispose();
        _model.Dispose();
    }

    [TestMethod]
    public void A_model_in_shards_is_the_model_in_one_file()
    {
        _model.Write(_folder.Path);
        using var read = Load();
        CollectionAssert.AreEquivalent(_model.Parameters.Keys.ToArray(), read.Network.Parameters.Keys.ToArray());
        foreach (var (name, weight) in _model.Parameters)
        {
            Assert.IsTrue(weight.Equals(read.Network.Parameters[name]), name);
        }
    }

    [TestMethod]
    public void The_type_of_most_weights_is_told_across_shards()
    {
        _model.Write(_folder.Path, ScalarType.BFloat16);
        SafetensorsWriter.WriteFile(_folder[ShardedModel.Second], _model.Shards[ShardedModel.Second], ScalarType.Float32);
        using var source = WeightFile.Open(_folder.Path);
        long Count(string shard) => _model.Shards[shard].Values.Sum(weight => weight.numel());
        Assert.IsGreaterThan(Count(ShardedModel.Second), Count(ShardedModel.First));
        Assert.AreEqual(ScalarType.BFloat16, source.StoredAs);
        Assert.AreEqual(_folder[SafetensorsIndex.FileName], source.File);
    }

    [TestMethod]
    public void Loading_makes_no_second_copy_of_the_weights()
    {
        using var large = RandomModel.Create(RandomModel.Config with { VocabularySize = 40_000, HiddenSize = 64, HeadSize = 16, IntermediateSize = 512 }, ScalarType.Float32);
        foreach (var (name, weight) in large.Parameters)
        {
            _model.Shards[(string)_model.WeightMap[name]!][name] = weight;
        }

        _model.Write(_folder.Path);
        using var source = WeightFile.Open(_folder.Path);
        var tensors = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var name in source.Shapes.Keys)
        {
            using var weight = source.Read(name, ScalarType.Float32, CPU);
            Assert.AreEqual(tensors + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, "only the tensor itself is left");
        }

        Assert.IsLessThan(1 << 20, GC.GetAllocatedBytesForCurrentThread() - before, "10 MB of weights went through");
    }

    [TestMethod]
    public void One_file_beside_shards_comes_first_as_in_transformers()
    {
        _model.Write(_folder.Path);
        File.WriteAllText(_folder[SafetensorsIndex.FileName], "no JSON");
        new SavedModel().Write(_folder.Path, weights => weights["model.norm.weight"] = full(32, Scalars.Of(7), ScalarType.Float32));
        using var read = Load();
        Assert.AreEqual(7f, read.Network.Parameters["model.norm.weight"][0].item<float>());
    }

    [TestMethod]
    public void A_policy_of_shards_saved_over_them_leaves_one_file_and_no_shard()
    {
        _model.Write(_folder.Path);
        using (var read = Load())
        {
            read.SavePretrained(_folder.Path);
        }

        CollectionAssert.AreEqual(new[] { "config.json", "model.safetensors" }, _folder.Names.ToArray());
        using var again = Load();
    }

    [TestMethod]
    public void A_tensor_that_the_index_names_and_the_shard_lacks()
    {
        _model.Shards[ShardedModel.Second].Remove("model.layers.1.mlp.up_proj.weight");
        Refused(ShardedModel.Second, $"has no tensor 'model.layers.1.mlp.up_proj.weight', which model.safetensors.index.json says is in it. {Again}");
    }

    [TestMethod]
    public void A_tensor_that_lies_in_another_shard_than_the_index_says()
    {
        _model.WeightMap["model.norm.weight"] = ShardedModel.Second;
        Refused(ShardedModel.Second, $"has no tensor 'model.norm.weight', which model.safetensors.index.json says is in it. {Again}");
    }

    [TestMethod]
    public void A_tensor_that_the_index_does_not_name()
    {
        _model.Shards[ShardedModel.First]["extra"] = _model.Parameters["model.norm.weight"];
        Refused(ShardedModel.First, $"tensor 'extra' is not in model.safetensors.index.json, and leaving it out could change the results. {Again}");
    }

    [TestMethod]
    public void A_tensor_in_two_shards()
    {
        _model.Shards[ShardedModel.Second]["model.norm.weight"] = _model.Parameters["model.norm.weight"];
        Refused(ShardedModel.Second, $"tensor 'model.norm.weight' is in {ShardedModel.First}, too, and which is meant is not clear. {Again}");
    }

    [TestMethod]
    public void Tensors_that_config_does_not_imply_are_refused_under_the_indexs_name()
    {
        _model.WeightMap["extra"] = ShardedModel.First;
        _model.Shards[ShardedModel.First]["extra"] = _model.Parameters["model.norm.weight"];
        Refused(SafetensorsIndex.FileName, "tensor 'extra' is not part of a llama as config.json describes it, and leaving it out would change the results. Use the config.json that belongs to the file; merge adapters before saving.");
    }

    [TestMethod]
    public void A_damaged_shard_is_refused_before_any_tensor_is_read()
    {
        _model.Write(_folder.Path);
        using (var file = File.OpenWrite(_folder[ShardedModel.Second]))
        {
            file.SetLength(file.Length - 4);
        }

        var error = Assert.ThrowsExactly<ModelFormatException>(() => WeightFile.Open(_folder.Path));
        StringAssert.StartsWith(error.Message, $"{_folder[ShardedModel.Second]}: tensor '");
        StringAssert.EndsWith(error.Message, "it is cut short. Download the file again.");
    }

    [TestMethod]
    public void Missing_shards_are_counted_and_one_is_named()
    {
        _model.Write(_folder.Path);
        File.Delete(_folder[ShardedModel.First]);
        File.Delete(_folder[ShardedModel.Second]);
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => Load());
        Assert.AreEqual($"'{_folder.Path}' lacks 2 of the 2 files that model.safetensors.index.json names, {ShardedModel.First} among them. Download the model again.", error.Message);
    }

    [TestMethod]
    [DataRow("../model.safetensors")]
    [DataRow("..\\\\model.safetensors")]
    [DataRow("/etc/model.safetensors")]
    [DataRow("C:\\\\model.safetensors")]
    [DataRow("C:model.safetensors")]
    [DataRow("sub/model.safetensors")]
    [DataRow("..")]
    [DataRow(".safetensors")]
    [DataRow("")]
    [DataRow("pytorch_model-00001-of-00002.bin")]
    [DataRow("model\\u0000.safetensors")]
    public void A_shard_that_is_no_plain_name(string json)
    {
        var name = JsonNode.Parse($"\"{json}\"")!.GetValue<string>();
        IndexRefused($$$"""{"weight_map": {"a": "{{{json}}}"}}""", $"'weight_map': 'a' is '{name}', not the plain name of a .safetensors file of the same directory. Download the model again from a source that you trust.");
    }

    [TestMethod]
    [DataRow("""{"weight_map": {}}""", "'weight_map' names no tensor. Download the file again.")]
    [DataRow("""{"metadata": {}}""", "'weight_map' is missing. Download the file again.")]
    [DataRow("""{"weight_map": null}""", "'weight_map' is missing. Download the file again.")]
    [DataRow("""{"weight_map": ["a"]}""", "'weight_map' is [\"a\"], not an object. Correct it, or download the file again.")]
    [DataRow("""{"weight_map": {"a": 1}}""", "'weight_map': 'a' is 1, not a string. Correct it, or download the file again.")]
    [DataRow("""{"weight_map": {"a": null}}""", "'weight_map': 'a' is null, not the name of a file. Download the file again.")]
    [DataRow("""{"weight_map": {"a": "x.safetensors", "a": "x.safetensors"}}""", "'weight_map': 'a' appears twice. Remove one of the two.")]
    [DataRow("""{"weight_map": {"a": "x.safetensors"}, "weight_map": {"a": "x.safetensors"}}""", "'weight_map' appears twice. Remove one of the two.")]
    [DataRow("[]", "is a JSON list, not an object. Download the file again.")]
    public void An_index_that_is_none(string json, string problem) => IndexRefused(json, problem);

    [TestMethod]
    [DataRow("{")]
    [DataRow("")]
    [DataRow("{} {}")]
    public void An_index_that_is_no_JSON(string json) => StringAssert.StartsWith(IndexRefusal(json).Message, $"{_folder[SafetensorsIndex.FileName]}: is not valid JSON (");

    [TestMethod]
    public void An_index_nested_without_end() => StringAssert.StartsWith(
        IndexRefusal("{\"weight_map\":" + string.Concat(Enumerable.Repeat("{\"a\":", 100_000))).Message, $"{_folder[SafetensorsIndex.FileName]}: is not valid JSON (");

    [TestMethod]
    public void An_index_with_half_a_character() => StringAssert.Contains(IndexRefusal("""{"weight_map": {"\ud800": "x.safetensors"}}""").Message, "has a key with half a character in it.");

    [TestMethod]
    public void An_index_of_gigabytes_is_not_read()
    {
        new SavedModel().WriteFiles(_folder.Path);
        using (var file = File.Create(_folder[SafetensorsIndex.FileName]))
        {
            file.SetLength(4L << 30); // of which the disk holds nothing
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.ThrowsExactly<ModelFormatException>(() => Load());
        StringAssert.Contains(error.Message, "no such file of a model more than 100000000");
        Assert.IsLessThan(1 << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private PretrainedModel Load() => PretrainedModel.Load(_folder.Path, ScalarType.Float32, CPU);

    private void Refused(string file, string problem)
    {
        _model.Write(_folder.Path);
        var error = Assert.ThrowsExactly<ModelFormatException>(() => Load());
        Assert.AreEqual($"{_folder[file]}: {problem}", error.Message);
    }

    private ModelFormatException IndexRefusal(string json)
    {
        new SavedModel().WriteFiles(_folder.Path);
        ShardedModel.WriteIndex(_folder.Path, json);
        return Assert.ThrowsExactly<ModelFormatException>(() => Load());
    }

    private void IndexRefused(string json, string problem) => Assert.AreEqual($"{_folder[SafetensorsIndex.FileName]}: {problem}", IndexRefusal(json).Message);
}
