using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The project file that the guide shows, outside the repository, where none of the repository's settings reach.</summary>
[TestClass]
public sealed partial class OutsideProjectTests : IDisposable
{
    private const string PlaceOfRepository = "../Microsoft.ML.Grpo";

    private readonly string _folder = Directory.CreateTempSubdirectory("grpo-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("cpu", "TorchSharp-cpu")]
    [DataRow("cuda-linux", "TorchSharp-cuda-linux")]
    public async Task The_guides_project_references_a_native_package_of_TorchSharps_version(string backend, string package)
    {
        using var json = await EvaluateAsync($"-p:TorchBackend={backend}");
        var reference = json.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray()
            .Single(item => item.GetProperty("Identity").GetString()!.StartsWith("TorchSharp-", StringComparison.Ordinal));
        Assert.AreEqual(package, reference.GetProperty("Identity").GetString());
        Assert.AreEqual(await TorchSharpVersionAsync(), reference.GetProperty("Version").GetString());
    }

    [TestMethod]
    public async Task The_guides_project_is_built_for_the_machine_that_builds_it()
    {
        using var json = await EvaluateAsync();
        var properties = json.RootElement.GetProperty("Properties");
        Assert.AreEqual(properties.GetProperty("NETCoreSdkPortableRuntimeIdentifier").GetString(), properties.GetProperty("RuntimeIdentifier").GetString());
        Assert.AreEqual("bin/Debug/net10.0/", properties.GetProperty("OutputPath").GetString()!.Replace('\\', '/'));
        Assert.AreNotEqual("true", properties.GetProperty("SelfContained").GetString());
    }

    [TestMethod]
    [DataRow("-p:RuntimeIdentifier=win-x64", "win-x64")]
    [DataRow("-p:UseCurrentRuntimeIdentifier=false", "")]
    public async Task Another_platform_and_all_platforms_can_be_had(string property, string expected)
    {
        using var json = await EvaluateAsync(property);
        Assert.AreEqual(expected, json.RootElement.GetProperty("Properties").GetProperty("RuntimeIdentifier").GetString());
    }

    private static async Task<string> TorchSharpVersionAsync()
    {
        var (exitCode, output) = await DotNet.RunAsync(
            "msbuild", "src/Microsoft.ML.Grpo/Microsoft.ML.Grpo.csproj", "-nologo", "-nr:false", "-getItem:PackageVersion");
        Assert.AreEqual(0, exitCode, output);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.GetProperty("Items").GetProperty("PackageVersion").EnumerateArray()
            .Single(item => item.GetProperty("Identity").GetString() == "TorchSharp").GetProperty("Version").GetString()!;
    }

    private async Task<JsonDocument> EvaluateAsync(params string[] properties)
    {
        var project = Path.Combine(_folder, "MyTraining.csproj");
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "getting-started.md"));
        var text = ProjectBlock().Match(page.ReplaceLineEndings("\n")).Groups["xml"].Value;
        StringAssert.Contains(text, PlaceOfRepository);
        await File.WriteAllTextAsync(project, text.Replace(PlaceOfRepository, Repository.Root, StringComparison.Ordinal));
        string[] arguments = ["msbuild", project, "-nologo", "-nr:false", "-getItem:PackageReference",
            "-getProperty:RuntimeIdentifier,NETCoreSdkPortableRuntimeIdentifier,OutputPath,SelfContained", .. properties];
        var (exitCode, output) = await DotNet.RunAsync(arguments);
        Assert.AreEqual(0, exitCode, output);
        return JsonDocument.Parse(output);
    }

    [GeneratedRegex(@"```xml\n(?<xml><Project Sdk=.*?)```", RegexOptions.Singleline)]
    private static partial Regex ProjectBlock();
}
