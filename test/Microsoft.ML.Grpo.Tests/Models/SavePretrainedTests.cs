using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public sealed class SavePretrainedTests : IDisposable
{
    private const string Python = """
        import json, os, struct, sys
        folder = sys.argv[1]
        config = json.load(open(os.path.join(folder, "config.json"), encoding="utf-8"))
        data = open(os.path.join(folder, "model.safetensors"), "rb").read()
        size = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:8 + size])
        assert size % 8 == 0 and header.pop("__metadata__") == {"format": "pt"}
        end = 0
        for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
            count = 1
            for n in entry["shape"]:
                count *= n
            begin, stop = entry["data_offsets"]
            assert begin == end and stop - begin == count * 4 and entry["dtype"] == "F32", name
            end = stop
        assert 8 + size + end == len(data)
        begin = header["model.norm.weight"]["data_offsets"][0]
        print(config["torch_dtype"], config["note"], len(header), struct.unpack("<f", data[8 + size + begin:][:4])[0])
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly SavedModel _files = new();

    [TestInitialize]
    public void Write()
    {
        Directory.CreateDirectory(_folder["in"]);
        _files.Files["tokenizer.json"] = [1, 2, 3];
        _files.Files["generation_config.json"] = Encoding.UTF8.GetBytes("""{"eos_token_id": 7}""");
        _files.Files["unrelated.txt"] = [9];
        _files.Write(_folder["in"]);
    }

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void What_is_saved_loads_as_the_same_model()
    {
        using var model = Load("in");
        model.SavePretrained(_folder["out"]);
        using var again = Load("out");
        Assert.AreEqual(model.Config with { EosTokenIds = again.Config.EosTokenIds }, again.Config);
        foreach (var (name, weight) in model.Network.Parameters)
        {
            Assert.IsTrue(weight.Equals(again.Network.Parameters[name]), name);
        }

        CollectionAssert.AreEqual(new[] { "config.json", "generation_config.json", "model.safetensors", "tokenizer.json" }, Names("out"));
        CollectionAssert.AreEqual(_files.Files["tokenizer.json"], File.ReadAllBytes(Path.Combine(_folder["out"], "tokenizer.json")));
    }

    [TestMethod]
    public void Of_config_only_the_dtype_changes()
    {
        using var model = Load("in");
        model.SavePretrained(_folder["out"]);
        var (before, after) = (JsonNode.Parse(SavedModel.TiedConfig)!.AsObject(), JsonNode.Parse(File.ReadAllText(Path.Combine(_folder["out"], "config.json")))!.AsObject());
        Assert.AreEqual("float32", after["torch_dtype"]!.GetValue<string>());
        before["torch_dtype"] = "float32";
        Assert.AreEqual(before.ToJsonString(), after.ToJsonString());
        StringAssert.Contains(File.ReadAllText(Path.Combine(_folder["out"], "config.json")), "für später");
    }

    [TestMethod]
    [DataRow("""{"dtype":"float16","x":1e-05}""", "float16")]
    [DataRow("""{"dtype":"float16","torch_dtype":"bfloat16","x":1e-05}""", "float16", "float16")]
    [DataRow("""{"x":1e-05}""", null, "float16")]
    public void The_dtype_is_set_in_the_spelling_that_the_file_has(string config, string? dtype, string? torchDtype = null)
    {
        var after = JsonNode.Parse(StoredDtype.Set("config.json", Encoding.UTF8.GetBytes(config), ScalarType.Float16))!;
        Assert.AreEqual(dtype, after["dtype"]?.GetValue<string>());
        Assert.AreEqual(torchDtype, after["torch_dtype"]?.GetValue<string>());
        Assert.AreEqual("1e-05", after["x"]!.ToJsonString());
    }

    [TestMethod]
    public void A_model_from_an_archive_can_be_saved()
    {
        var files = ModelFiles.Read(_folder["in"]) with { Origin = "policy.zip" };
        using var model = PretrainedModel.Load(files, new MemoryStream(File.ReadAllBytes(Path.Combine(_folder["in"], "model.safetensors"))), ScalarType.Float32, CPU);
        model.SavePretrained(_folder["out"]);
        CollectionAssert.AreEqual(
            File.ReadAllBytes(Path.Combine(_folder["in"], "model.safetensors")),
            File.ReadAllBytes(Path.Combine(_folder["out"], "model.safetensors")));
    }

    [TestMethod]
    public void Names_that_lead_out_of_the_folder_are_not_written()
    {
        var files = ModelFiles.Read(_folder["in"]);
        files = files with { Contents = new Dictionary<string, byte[]>(files.Contents) { ["../escaped.txt"] = [1] } };
        using var model = Load("in");
        ModelDirectory.Save(_folder["out"], model.Network, files, ScalarType.Float32);
        CollectionAssert.AreEqual(new[] { "in", "out" }, _folder.Names.ToArray());
        CollectionAssert.AreEqual(new[] { "config.json", "generation_config.json", "model.safetensors", "tokenizer.json" }, Names("out"));
    }

    [TestMethod]
    public void Over_another_model_each_file_is_replaced_and_its_leftovers_removed()
    {
        Directory.CreateDirectory(_folder["out"]);
        foreach (var name in new[] { "model.safetensors", "config.json", "chat_template.jinja", "notes.md" })
        {
            File.WriteAllText(Path.Combine(_folder["out"], name), "old");
        }

        using var model = Load("in");
        model.SavePretrained(_folder["out"]);
        CollectionAssert.AreEqual(new[] { "config.json", "generation_config.json", "model.safetensors", "notes.md", "tokenizer.json" }, Names("out"));
        using var again = Load("out");
        Assert.AreEqual("old", File.ReadAllText(Path.Combine(_folder["out"], "notes.md")));
    }

    [TestMethod]
    public void Other_forms_of_the_weights_that_were_there_are_removed_and_nothing_else()
    {
        Directory.CreateDirectory(_folder["out"]);
        string[] stale =
        [
            "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
            "pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin",
        ];
        string[] kept = ["adapter_model.safetensors", "model-of-mine.safetensors", "optimizer.bin", "training_args.bin"];
        foreach (var name in stale.Concat(kept))
        {
            File.WriteAllText(Path.Combine(_folder["out"], name), "old");
        }

        using var model = Load("in");
        model.SavePretrained(_folder["out"]);
        CollectionAssert.AreEquivalent(kept.Concat(["config.json", "generation_config.json", "model.safetensors", "tokenizer.json"]).ToArray(), Names("out"));
    }

    [TestMethod]
    public void A_model_can_be_saved_over_itself()
    {
        using var model = Load("in");
        using (no_grad())
        {
            model.Network.Parameters["model.norm.weight"].fill_(Scalars.Of(5));
        }

        model.SavePretrained(_folder["in"]);
        using var again = Load("in");
        Assert.AreEqual(5f, again.Network.Parameters["model.norm.weight"][0].item<float>());
    }

    [TestMethod]
    [DataRow(10)]
    [DataRow(1000)]
    [DataRow(60_000)]
    public void On_a_full_disk_nothing_appears_at_a_new_target(int room)
    {
        using var model = Load("in");
        var error = Assert.ThrowsExactly<IOException>(() => ModelDirectory.Save(_folder["out"], model.Network, model.Files, ScalarType.Float32, path => new FullDisk(path, room)));
        StringAssert.StartsWith(error.Message, $"The model could not be saved to '{_folder["out"]}': No space left on device : '{_folder["out"]}{Path.DirectorySeparatorChar}");
        StringAssert.EndsWith(error.Message, "'. Free space there and see that it may be written to, or save to another place. What was there before is untouched.");
        StringAssert.DoesNotMatch(error.Message, new System.Text.RegularExpressions.Regex("[0-9a-f]{32}"));
        CollectionAssert.AreEqual(new[] { "in" }, _folder.Names.ToArray());
    }

    [TestMethod]
    public void On_a_full_disk_an_old_model_stays_as_it_was()
    {
        using var model = Load("in");
        var (names, weights) = (Names("in"), File.ReadAllBytes(Path.Combine(_folder["in"], "model.safetensors")));
        var error = Assert.ThrowsExactly<IOException>(() => ModelDirectory.Save(_folder["in"], model.Network, model.Files, ScalarType.Float32, path => new FullDisk(path, room: 60_000)));
        StringAssert.StartsWith(error.Message, $"The model could not be saved to '{_folder["in"]}': No space left on device : '{Path.Combine(_folder["in"], "model.safetensors")}'. ");
        CollectionAssert.AreEqual(names, Names("in"));
        CollectionAssert.AreEqual(weights, File.ReadAllBytes(Path.Combine(_folder["in"], "model.safetensors")));
        Assert.AreEqual(SavedModel.TiedConfig, File.ReadAllText(Path.Combine(_folder["in"], "config.json")));
    }

    [TestMethod]
    public void A_failure_between_two_files_does_not_pass_for_an_old_model()
    {
        Directory.CreateDirectory(Path.Combine(_folder["out"], "model.safetensors")); // a rename onto it fails, after those of the small files
        using var model = Load("in");
        var error = Assert.ThrowsExactly<IOException>(() => model.SavePretrained(_folder["out"]));
        StringAssert.StartsWith(error.Message, $"The model could not be saved to '{_folder["out"]}': ");
        StringAssert.EndsWith(error.Message, "Some of the files there are new and some are old: save again before they are used.");
        CollectionAssert.AreEqual(new[] { "config.json", "generation_config.json", "model.safetensors", "tokenizer.json" }, Names("out"));
    }

    [TestMethod]
    public void A_directory_that_holds_an_adapter_is_refused_and_stays_as_it_is()
    {
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllText(Path.Combine(_folder["out"], PeftNames.Config), "{}");
        using var model = Load("in");
        var error = Assert.ThrowsExactly<IOException>(() => model.SavePretrained(_folder["out"]));
        Assert.AreEqual(
            $"'{_folder["out"]}' holds an adapter (adapter_config.json), which loaders would put on top of the model that is saved beside it. "
            + "Save to another directory, or take adapter_config.json and adapter_model.safetensors out first.",
            error.Message);
        CollectionAssert.AreEqual(new[] { PeftNames.Config }, Names("out"));
    }

    [TestMethod]
    public void A_file_at_the_target_is_refused()
    {
        File.WriteAllText(_folder["out"], "old");
        using var model = Load("in");
        var error = Assert.ThrowsExactly<IOException>(() => model.SavePretrained(_folder["out"]));
        Assert.AreEqual($"'{_folder["out"]}' is a file. Give a directory to save the model in.", error.Message);
        Assert.AreEqual("old", File.ReadAllText(_folder["out"]));
    }

    [TestMethod]
    public void Python_reads_what_is_saved()
    {
        using var model = Load("in");
        using (no_grad())
        {
            model.Network.Parameters["model.norm.weight"].fill_(Scalars.Of(0.625));
        }

        model.SavePretrained(_folder["out"]);
        var start = new ProcessStartInfo("python3", ["-X", "utf8", "-c", Python, _folder["out"]]) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Inconclusive("python3 is not installed: its standard library is what reads the saved files here.");
            throw;
        }

        using (process)
        {
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.AreEqual("float32 für später 20 0.625", output.Trim(), errors.GetAwaiter().GetResult());
        }
    }

    private string[] Names(string folder) => [.. Directory.EnumerateFileSystemEntries(_folder[folder]).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];

    private PretrainedModel Load(string folder) => PretrainedModel.Load(_folder[folder], ScalarType.Float32, CPU);
}
