using System.Text.Json;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class TorchBackendTests
{
    private const string Application = "docs/samples/QuickStart/QuickStart.csproj";

    [TestMethod]
    [DataRow("", "TorchSharp-cpu")]
    [DataRow("-p:TorchBackend=cpu", "TorchSharp-cpu")]
    [DataRow("-p:TorchBackend=cuda-linux", "TorchSharp-cuda-linux")]
    [DataRow("-p:TorchBackend=cuda-windows", "TorchSharp-cuda-windows")]
    public async Task An_application_references_the_native_backend_that_the_property_names(string property, string package)
    {
        string[] arguments = ["msbuild", Application, "-nologo", "-nr:false", "-getItem:PackageReference", property];
        var (exitCode, output) = await DotNet.RunAsync([.. arguments.Where(argument => argument.Length > 0)]);
        Assert.AreEqual(0, exitCode, output);
        using var json = JsonDocument.Parse(output);
        var backends = json.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray()
            .Select(item => item.GetProperty("Identity").GetString()!)
            .Where(name => name.StartsWith("TorchSharp-", StringComparison.Ordinal))
            .ToList();
        CollectionAssert.AreEqual(new[] { package }, backends);
    }

    [TestMethod]
    [DataRow("Restore")]
    [DataRow("CollectPackageReferences")]
    public async Task Another_backend_is_refused_with_the_choices(string target)
    {
        var (exitCode, output) = await DotNet.RunAsync("msbuild", Application, "-nologo", "-nr:false", $"-t:{target}", "-p:TorchBackend=rocm");
        Assert.AreNotEqual(0, exitCode);
        StringAssert.Contains(output, "TorchBackend is 'rocm'. Set it to cpu, cuda-linux or cuda-windows.");
    }
}
