using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
[OSCondition(OperatingSystems.Linux)]
[SupportedOSPlatform("linux")]
public sealed class NativeLoaderTests : IDisposable
{
    private const string Library = "libLibTorchSharp.so";

    private static readonly string Natives = NativeFolders.All().First(folder => File.Exists(Path.Combine(folder, Library)));

    private readonly string _folder = Directory.CreateTempSubdirectory("grpo-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void The_library_is_loaded_from_the_first_folder_that_holds_it()
    {
        var handle = NativeLoader.LoadFrom([_folder, Path.Combine(_folder, "absent"), Natives]);
        Assert.IsTrue(NativeLibrary.TryGetExport(handle, "THSTorch_manual_seed", out _));
    }

    [TestMethod]
    public void Nothing_is_loaded_where_no_folder_holds_it() => Assert.AreEqual(0, NativeLoader.LoadFrom([_folder]));

    [TestMethod]
    public void An_application_without_a_native_package_is_told_so_with_the_remedies()
    {
        // This process has libtorch, which the system finds by its name: the copy asks for one of another name.
        var path = Path.Combine(_folder, Library);
        var bytes = File.ReadAllBytes(Path.Combine(Natives, Library));
        var at = bytes.AsSpan().IndexOf("libtorch_cpu.so\0"u8);
        "libtorch_xyz"u8.CopyTo(bytes.AsSpan(at));
        File.WriteAllBytes(path, bytes);
        var error = Assert.ThrowsExactly<DllNotFoundException>(() => NativeLoader.LoadFrom([_folder, "elsewhere"]));
        Assert.AreEqual(
            $"The application references no native TorchSharp package: '{path}' needs libtorch_xyz.so, which is not there. "
            + "In the application's project, import build/TorchBackend.targets of the Microsoft.ML.Grpo repository, or reference one of the packages "
            + "TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows, of TorchSharp's own version, in the application (not only in a library). "
            + $"Looked in: {_folder}, elsewhere.",
            error.Message);
    }

    [TestMethod]
    public void A_part_of_libtorch_is_found_in_another_folder()
    {
        File.Copy(Path.Combine(Natives, Library), Path.Combine(_folder, Library));
        var handle = NativeLoader.LoadFrom([_folder, Natives]);
        Assert.IsTrue(NativeLibrary.TryGetExport(handle, "THSTorch_manual_seed", out _));
    }

    [TestMethod]
    public void A_library_that_is_garbage_is_refused_by_name()
    {
        var path = Path.Combine(_folder, Library);
        File.WriteAllText(path, "not a library");
        var error = Assert.ThrowsExactly<BadImageFormatException>(() => NativeLoader.LoadFrom([_folder, Natives]));
        StringAssert.StartsWith(error.Message, $"'{path}' cannot be read: it is not a 64-bit little-endian ELF file.");
    }

    [TestMethod]
    public void A_part_of_libtorch_that_is_garbage_is_named_with_the_remedies()
    {
        File.Copy(Path.Combine(Natives, Library), Path.Combine(_folder, Library));
        var part = Path.Combine(_folder, "libtorch.so");
        File.WriteAllText(part, "not a library");
        var error = Assert.ThrowsExactly<DllNotFoundException>(() => NativeLoader.LoadFrom([_folder]));
        StringAssert.StartsWith(error.Message, $"'{part}', a part of libtorch, cannot be loaded: ");
        StringAssert.Contains(error.Message, "TorchSharp-cpu");
    }
}
