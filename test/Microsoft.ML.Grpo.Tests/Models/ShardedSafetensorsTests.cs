using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Models in several files: loaded as one, and refused with the name of what is wrong.</summary>
[TestClass]
public sealed class ShardedSafetensorsTests : IDisposable
{
    private const string Index = "model.safetensors.index.json", First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void Parts_are_loaded_as_one_model()
    {
        Write();
        using var model = PretrainedModel.Load(_folder.Path, ScalarType.Float32, CPU);
        using var expected = RandomModel.Create(dtype: ScalarType.Float32);
        Assert.IsTrue(expected.Parameters.All(p => p.Value.Equals(model.Network.Parameters[p.Key])));
    }

    [TestMethod]
    public void The_one_file_is_taken_where_both_are_there()
    {
        Write();
        new SavedModel().Write(_folder.Path, weights => weights["model.norm.weight"] = zeros(32));
        using var model = PretrainedModel.Load(_folder.Path, ScalarType.Float32, CPU);
        Assert.AreEqual(0, model.Network.Parameters["model.norm.weight"].abs().max().item<float>());
    }

    [TestMethod]
    public void Loading_makes_no_second_copy_of_the_weights()
    {
        var config = RandomModel.Config with { VocabularySize = 40_000, HiddenSize = 64, HeadSize = 16, IntermediateSize = 512 };
        using (var large = RandomModel.Create(config, ScalarType.Float32))
        {
            Write(large);
        }

        using var source = WeightFile.Open(_folder.Path);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var tensors = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        foreach (var name in source.Shapes.Keys)
        {
            using var weight = source.Read(name, ScalarType.Float32, CPU);
            Assert.AreEqual(tensors + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, "only the tensor itself is left");
        }

        Assert.IsLessThan(1 << 20, GC.GetAllocatedBytesForCurrentThread() - before, "10 MB of weights went through");
    }

    [TestMethod]
    [DataRow("../model.safetensors")]
    [DataRow("/etc/model.safetensors")]
    [DataRow(@"C:\model.safetensors")]
    [DataRow("parts/model.safetensors")]
    [DataRow(".hidden.safetensors")]
    [DataRow("model.bin")]
    [DataRow("")]
    public void A_part_anywhere_but_beside_the_index_is_refused(string shard)
    {
        Write();
        Edit(map => map["model.norm.weight"] = shard);
        Refused($"'model.norm.weight' lies in '{shard}', which is not the name of a .safetensors file beside the index.");
    }

    [TestMethod]
    [DataRow("""{}""", "'weight_map' is missing")]
    [DataRow("""{"weight_map": {}}""", "'weight_map' names no tensor")]
    [DataRow("""{"weight_map": []}""", "'weight_map' is [], not an object")]
    [DataRow("""{"weight_map": {"a": 1}}""", "'a' is 1, not a string")]
    [DataRow("""{"weight_map": {"a": "m.safetensors", "a": "n.safetensors"}}""", "'a' appears twice")]
    [DataRow("""[""", "is not valid JSON")]
    public void A_damaged_index_is_refused(string json, string problem)
    {
        Write();
        File.WriteAllText(_folder[Index], json);
        Refused(problem);
    }

    [TestMethod]
    public void A_part_that_is_missing_is_named()
    {
        Write();
        File.Delete(_folder[Second]);
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(Open).Message, $"names '{Second}', which is not there. Download all files of the model.");
    }

    [TestMethod]
    public void A_tensor_that_its_part_lacks_is_named()
    {
        Write();
        Edit(map => map["model.norm.weight"] = map["model.norm.weight"] == First ? Second : First);
        Refused("holds tensor 'model.norm.weight', but it does not.");
    }

    [TestMethod]
    public void A_tensor_that_the_index_does_not_name_is_named()
    {
        Write();
        Edit(map => map.Remove("model.norm.weight"));
        Refused("holds tensor 'model.norm.weight', which the index does not name.");
    }

    [TestMethod]
    public void A_tensor_in_two_parts_is_named()
    {
        Write();
        using (var model = RandomModel.Create(dtype: ScalarType.Float32))
        {
            SafetensorsWriter.WriteFile(_folder["model-00003.safetensors"], new Dictionary<string, Tensor> { ["model.norm.weight"] = model.Parameters["model.norm.weight"], ["x"] = model.Parameters["model.norm.weight"] });
        }

        Edit(map => map["x"] = "model-00003.safetensors");
        Refused("holds tensor 'model.norm.weight', which the index has in 'model-0000");
    }

    [TestMethod]
    public void A_damaged_part_is_named()
    {
        Write();
        File.WriteAllBytes(_folder[Second], File.ReadAllBytes(_folder[Second])[..^4]);
        Refused(Second);
    }

    [TestMethod]
    public void A_part_that_is_a_link_may_lead_beside_itself_or_where_the_index_leads_and_nowhere_else()
    {
        Write();
        Move(Second, "blob.safetensors", _folder.Path);
        Open();

        using var elsewhere = new TemporaryFolder();
        Move("blob.safetensors", "stolen", elsewhere.Path);
        Link(Second, elsewhere["stolen"]);
        Refused($"is a symbolic link to '{elsewhere["stolen"]}', outside of the model's directory.");

        Move(Index, "index", elsewhere.Path); // as in Hugging Face's cache
        Open();
    }

    [TestMethod]
    [DataRow("pytorch_model-00001-of-00002.bin")]
    [DataRow("consolidated.00.pth")]
    [DataRow("model.ckpt")]
    [DataRow("model.pt")]
    public void A_pickle_is_refused_with_the_reason_in_a_directory_and_by_its_own_path(string file)
    {
        File.WriteAllText(_folder["config.json"], SavedModel.TiedConfig);
        File.WriteAllText(_folder[file], "never read");
        const string Reason = "a Python pickle, which can run any code when it is read and is therefore not supported. Convert it:";
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => PretrainedModel.Load(_folder.Path, ScalarType.Float32, CPU)).Message, $"holds its weights as {file}, {Reason}");
        StringAssert.Contains(Assert.ThrowsExactly<ModelFormatException>(() => PretrainedModel.Load(_folder[file], ScalarType.Float32, CPU)).Message, $"is {Reason}");
    }

    [TestMethod]
    public void A_file_of_another_kind_is_no_model()
    {
        File.WriteAllText(_folder["notes.txt"], "");
        StringAssert.Contains(Assert.ThrowsExactly<ModelFormatException>(() => PretrainedModel.Load(_folder["notes.txt"], ScalarType.Float32, CPU)).Message, "is a file, and not one of the GGUF format by its name. Give the path of a Hugging Face model directory");
    }

    private void Open() => WeightFile.Open(_folder.Path).Dispose();

    private void Refused(string problem) => StringAssert.Contains(Assert.ThrowsExactly<ModelFormatException>(Open).Message, problem);

    private void Write()
    {
        using var model = RandomModel.Create(dtype: ScalarType.Float32);
        Write(model);
    }

    private void Write(CausalLM model)
    {
        File.WriteAllText(_folder["config.json"], SavedModel.TiedConfig);
        var parts = model.Parameters.Select((p, i) => (p.Key, p.Value, File: i % 2 == 0 ? First : Second)).ToList();
        foreach (var part in parts.GroupBy(p => p.File))
        {
            SafetensorsWriter.WriteFile(_folder[part.Key], part.ToDictionary(p => p.Key, p => p.Value));
        }

        Save(parts.ToDictionary(p => p.Key, p => p.File));
    }

    private void Edit(Action<Dictionary<string, string>> change)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder[Index]));
        var map = json.RootElement.GetProperty("weight_map").Deserialize<Dictionary<string, string>>()!;
        change(map);
        Save(map);
    }

    private void Save(Dictionary<string, string> map) =>
        File.WriteAllBytes(_folder[Index], JsonSerializer.SerializeToUtf8Bytes(new { metadata = new { total_size = 1 }, weight_map = map }));

    private void Move(string name, string to, string folder)
    {
        File.Move(_folder[name], Path.Combine(folder, to));
        Link(name, Path.Combine(folder, to));
    }

    private void Link(string name, string target)
    {
        File.Delete(_folder[name]);
        File.CreateSymbolicLink(_folder[name], target);
    }
}
