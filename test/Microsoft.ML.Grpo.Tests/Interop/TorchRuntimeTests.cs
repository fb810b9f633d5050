using TorchSharp;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class TorchRuntimeTests
{
    [TestMethod]
    public void After_initializing_tensors_can_be_made()
    {
        TorchRuntime.Initialize();
        using var scope = torch.NewDisposeScope();
        Assert.AreEqual(2f, torch.ones(2).sum().item<float>());
    }

    [TestMethod]
    public void A_thread_count_below_one_is_refused() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TorchRuntime.SetThreads(0));

    // The count is the process's: it is set to what it is, so that tests beside this one are not disturbed.
    [TestMethod]
    public void The_thread_count_is_TorchSharps()
    {
        var threads = torch.get_num_threads();
        TorchRuntime.SetThreads(threads);
        Assert.AreEqual(threads, torch.get_num_threads());
    }

    [TestMethod]
    public void Messages_name_what_is_missing_and_the_remedies()
    {
        StringAssert.Contains(NativeLoaderMessages.NotFound(["/a", "/b"]), "TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows");
        StringAssert.EndsWith(NativeLoaderMessages.NotFound(["/a", "/b"]), "Looked in: /a, /b.");
        StringAssert.StartsWith(NativeLoaderMessages.DependencyFailed("/a/libtorch.so", "no space."), "'/a/libtorch.so', a part of libtorch, cannot be loaded: no space. If");
    }

    [TestMethod]
    public void The_folders_looked_in_are_those_of_built_and_of_published_applications()
    {
        var folders = NativeFolders.All();
        Assert.Contains(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory), folders);
        Assert.Contains(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"), folders);
        foreach (var folder in ((string)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES")!).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.Contains(Path.TrimEndingDirectorySeparator(folder), folders);
        }
    }
}
