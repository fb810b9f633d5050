using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Links in a model's directory: those of Hugging Face's cache and within the directory are followed, others are refused.</summary>
[TestClass]
public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ShardedModel _sharded = new();

    public void Dispose()
    {
        _folder.Dispose();
        _sharded.Dispose();
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_snapshot_of_Hugging_Faces_cache_loads(bool sharded)
    {
        using var model = Load(Cache(sharded));
        Assert.HasCount(_sharded.Parameters.Count, model.Network.Parameters);
        Assert.IsNotNull(model.Origin!.TryOpen(model.Config));
    }

    [TestMethod]
    public void A_cache_that_is_reached_through_a_link_loads()
    {
        Cache(sharded: true);
        Link(_folder["elsewhere"], "cache");
        using var model = Load(Path.Combine(_folder["elsewhere"], "models--a--b", "snapshots", "main"));
    }

    [TestMethod]
    public void A_part_of_a_snapshot_loads()
    {
        var snapshot = Cache(sharded: false);
        var part = Directory.CreateDirectory(Path.Combine(snapshot, "part")).FullName;
        foreach (var link in Directory.GetFiles(snapshot))
        {
            Link(Path.Combine(part, Path.GetFileName(link)), Path.Combine("..", new FileInfo(link).LinkTarget!));
        }

        using var model = Load(part);
    }

    [TestMethod]
    public void A_link_within_the_directory_and_one_to_the_directory_are_followed()
    {
        new SavedModel().Write(_folder.Path);
        Directory.CreateDirectory(_folder["files"]);
        File.Move(_folder["model.safetensors"], Path.Combine(_folder["files"], "x"));
        Link(_folder["model.safetensors"], Path.Combine("files", "x"));
        using (var model = Load(_folder.Path))
        {
        }

        using var other = new TemporaryFolder();
        Link(other["model"], _folder.Path);
        using var again = Load(other["model"]);
    }

    [TestMethod]
    [DataRow("model.safetensors")]
    [DataRow("config.json")]
    [DataRow("tokenizer.json")]
    public void A_link_that_leads_out_of_the_directory_is_refused(string name)
    {
        var directory = Directory.CreateDirectory(_folder["model"]).FullName;
        new SavedModel { Files = { ["tokenizer.json"] = [1] } }.Write(directory);
        File.Move(Path.Combine(directory, name), _folder["secret"]);
        var link = Path.Combine("..", "secret");
        Link(Path.Combine(directory, name), link);
        Refused(directory, name, link);
    }

    [TestMethod]
    public void A_shard_that_leads_out_of_the_directory_is_refused()
    {
        var directory = Directory.CreateDirectory(_folder["model"]).FullName;
        _sharded.Write(directory);
        File.Move(Path.Combine(directory, ShardedModel.Second), _folder["secret"]);
        Link(Path.Combine(directory, ShardedModel.Second), _folder["secret"]);
        Refused(directory, ShardedModel.Second, _folder["secret"]);
    }

    [TestMethod]
    public void A_link_out_of_the_directory_by_way_of_a_folder_in_it_is_refused()
    {
        var directory = Directory.CreateDirectory(_folder["model"]).FullName;
        new SavedModel().Write(directory);
        Directory.CreateDirectory(_folder["secrets"]);
        File.Move(Path.Combine(directory, "model.safetensors"), Path.Combine(_folder["secrets"], "x"));
        Link(Path.Combine(directory, "own"), _folder["secrets"]);
        var link = Path.Combine("own", "x");
        Link(Path.Combine(directory, "model.safetensors"), link);
        Refused(directory, "model.safetensors", link);
    }

    [TestMethod]
    public void Dots_behind_a_link_count_from_where_the_link_leads()
    {
        var directory = Directory.CreateDirectory(_folder["model"]).FullName;
        new SavedModel().Write(directory);
        var secrets = Directory.CreateDirectory(Path.Combine(_folder["secrets"], "sub")).FullName;
        File.Copy(Path.Combine(directory, "model.safetensors"), Path.Combine(_folder["secrets"], "x"));
        File.Move(Path.Combine(directory, "model.safetensors"), Path.Combine(directory, "x")); // what the path names if it is read as text
        Link(Path.Combine(directory, "own"), secrets);
        var link = Path.Combine("own", "..", "x");
        Link(Path.Combine(directory, "model.safetensors"), link);
        Refused(directory, "model.safetensors", link);
    }

    [TestMethod]
    public void A_snapshot_that_leads_out_of_its_cache_is_refused()
    {
        var snapshot = Cache(sharded: false);
        var file = Path.Combine(snapshot, "model.safetensors");
        File.Delete(file);
        var link = Path.Combine("..", "..", "..", "..", "secret");
        File.WriteAllText(_folder["secret"], "x");
        Link(file, link);
        Refused(snapshot, "model.safetensors", link);
    }

    [TestMethod]
    public void Blobs_beside_a_directory_that_is_no_snapshot_are_outside()
    {
        Directory.Move(Path.GetDirectoryName(Cache(sharded: false))!, Path.Combine(_folder["cache"], "models--a--b", "other"));
        var directory = Path.Combine(_folder["cache"], "models--a--b", "other", "main");
        Refused(directory, "config.json", new FileInfo(Path.Combine(directory, "config.json")).LinkTarget!);
    }

    [TestMethod]
    [DataRow("config.json")]
    [DataRow("tokenizer.json")]
    [DataRow("model.safetensors")]
    [DataRow("model.safetensors.index.json")]
    public void A_pipe_is_read_as_an_empty_file_and_not_waited_for(string name)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("Pipes are made with mkfifo, on Linux.");
        }

        new SavedModel { Files = { ["tokenizer.json"] = [1] } }.Write(_folder.Path);
        File.Delete(_folder[name.Replace(".index.json", string.Empty, StringComparison.Ordinal)]);
        File.Delete(_folder[name]);
        using (var make = Process.Start("mkfifo", [_folder[name]]))
        {
            make.WaitForExit();
        }

        Assert.IsTrue(File.Exists(_folder[name]));
        if (name == "tokenizer.json")
        {
            Assert.IsEmpty(ModelFiles.Read(_folder.Path).Get(name));
            return;
        }

        var error = Assert.ThrowsExactly<ModelFormatException>(() => Load(_folder.Path).Dispose());
        StringAssert.StartsWith(error.Message, $"{_folder[name]}: ");
    }

    [TestMethod]
    [DataRow("config.json")]
    [DataRow("tokenizer.json")]
    public void A_small_file_that_claims_to_be_large_is_not_read(string name)
    {
        new SavedModel().WriteFiles(_folder.Path);
        using (var file = File.OpenHandle(_folder[name], FileMode.OpenOrCreate, FileAccess.Write))
        {
            RandomAccess.SetLength(file, 1L << 32);
        }

        var error = Assert.ThrowsExactly<ModelFormatException>(() => Load(_folder.Path).Dispose());
        Assert.AreEqual($"{_folder[name]}: has 4294967296 bytes, and no such file of a model more than 100000000. Download the file again.", error.Message);
    }

    [TestMethod]
    public void A_link_to_nothing_and_links_in_a_circle_are_named()
    {
        new SavedModel().WriteFiles(_folder.Path);
        Link(_folder["model.safetensors"], "gone");
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => Load(_folder.Path));
        Assert.AreEqual($"'{_folder["model.safetensors"]}' is a link to 'gone', which is no file. Download the model again.", error.Message);
        Link(_folder["gone"], "model.safetensors");
        Assert.Throws<IOException>(() => Load(_folder.Path));
    }

    [TestMethod]
    public void A_GGUF_file_in_a_directory_follows_the_same_rule_and_one_that_is_named_does_not_need_to()
    {
        var directory = Directory.CreateDirectory(_folder["model"]).FullName;
        File.WriteAllText(_folder["secret"], "x");
        Link(Path.Combine(directory, "m.gguf"), _folder["secret"]);
        Refused(directory, "m.gguf", _folder["secret"]);
        var error = Assert.ThrowsExactly<ModelFormatException>(() => Load(Path.Combine(directory, "m.gguf")));
        StringAssert.Contains(error.Message, "m.gguf: the file ends within the magic number");
    }

    [TestMethod]
    [DataRow("a/b", "a/b")]
    [DataRow("a/up/b", "b")]
    [DataRow("a/root/b", "b")]
    [DataRow("a/./b/../c", "a/c")]
    public void A_path_leads_where_its_links_lead(string path, string expected)
    {
        var root = RealPath.Of(_folder.Path);
        Directory.CreateDirectory(_folder["a"]);
        Link(Path.Combine(_folder["a"], "up"), "..");
        Link(Path.Combine(_folder["a"], "root"), _folder.Path);
        Assert.AreEqual(Path.Combine([root, .. expected.Split('/')]), RealPath.Of(Path.Combine([_folder.Path, .. path.Split('/')])));
    }

    /// <summary>Lays a model out as Hugging Face's cache does.</summary>
    /// <returns>The snapshot's directory.</returns>
    private string Cache(bool sharded)
    {
        var blobs = Directory.CreateDirectory(Path.Combine(_folder["cache"], "models--a--b", "blobs")).FullName;
        var snapshot = Directory.CreateDirectory(Path.Combine(_folder["cache"], "models--a--b", "snapshots", "main")).FullName;
        using var files = new TemporaryFolder();
        if (sharded)
        {
            _sharded.Write(files.Path);
        }
        else
        {
            new SavedModel().Write(files.Path);
        }

        foreach (var name in files.Names)
        {
            File.Move(files[name], Path.Combine(blobs, $"hash-of-{name}"));
            Link(Path.Combine(snapshot, name), Path.Combine("..", "..", "blobs", $"hash-of-{name}"));
        }

        return snapshot;
    }

    private static void Refused(string directory, string name, string link)
    {
        var error = Assert.ThrowsExactly<ModelFormatException>(() => Load(directory));
        Assert.AreEqual(
            $"{Path.Combine(directory, name)}: is a link to '{link}', which lies outside of the model's directory. Copy the file into the directory, or give the directory that it lies in.",
            error.Message);
    }

    private static void Link(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
        }
        catch (IOException) when (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Windows makes links only for administrators and developers.");
        }
    }

    private static PretrainedModel Load(string path) => PretrainedModel.Load(path, ScalarType.Float32, CPU);
}
