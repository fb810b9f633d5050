using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>What must not be in a clone, and what must.</summary>
[TestClass]
public partial class RepositoryTests
{
    private static readonly string[] Binary = [".safetensors", ".zip", ".png"];

    // In parts, so that this file is not found itself.
    private static readonly string[] Hosts = ["nuget" + ".org", "pypi" + ".org", "my" + "get.org", "pkgs." + "dev.azure", "npmjs" + ".com", "crates" + ".io"];

    [TestMethod]
    public void No_file_names_a_package_registry()
    {
        string[] found = [.. Texts().SelectMany(t => Hosts.Where(h => t.Text.Contains(h, StringComparison.OrdinalIgnoreCase)).Select(h => $"{t.Name}: {h}"))];
        Assert.IsEmpty(found, $"Packages come from whatever sources a machine is set up with. Take out: {string.Join(", ", found)}");
    }

    [TestMethod]
    public void No_file_holds_a_path_of_somebodys_machine()
    {
        string[] found = [.. Texts().SelectMany(t => MachinePath().Matches(t.Text).Select(m => $"{t.Name}: {m.Value}"))];
        Assert.IsEmpty(found, string.Join('\n', found));
    }

    [TestMethod]
    public void Every_sample_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "Grpo.ML.sln"));
        string[] projects = [.. Repository.Files().Where(f => f.StartsWith("docs/samples/", StringComparison.Ordinal) && f.EndsWith(".csproj", StringComparison.Ordinal))];
        Assert.IsNotEmpty(projects);
        foreach (string project in projects)
        {
            Assert.Contains($"\"{project.Replace('/', '\\')}\"", solution, $"dotnet sln Grpo.ML.sln add {project}");
        }
    }

    [TestMethod]
    public void Every_folder_of_samples_with_code_has_a_project_of_its_name()
    {
        var samples = Repository.Files().Where(f => f.StartsWith("docs/samples/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal));
        foreach (string name in samples.Select(f => f.Split('/')[2]).Distinct())
        {
            Assert.IsTrue(File.Exists(Path.Combine(Repository.Root, "docs", "samples", name, $"{name}.csproj")), $"docs/samples/{name} has no {name}.csproj.");
        }
    }

    [TestMethod]
    [DataRow("/home/jane/x")]
    [DataRow("\"/Users/jane/x\"")]
    [DataRow(@"C:\Users\jane")]
    public void A_machine_path_is_recognised(string text) => Assert.MatchesRegex(MachinePath(), text);

    [TestMethod]
    [DataRow("docs/home/page.md")]
    [DataRow("src/root/x.cs")]
    [DataRow("the user's home/work folder")]
    public void A_relative_path_is_none(string text) => Assert.DoesNotMatchRegex(MachinePath(), text);

    private static IEnumerable<(string Name, string Text)> Texts() => Repository.Files()
        .Where(name => !Binary.Contains(Path.GetExtension(name)) && name != "test/Microsoft.ML.Grpo.Tests/Architecture/RepositoryTests.cs")
        .Select(name => (name, File.ReadAllText(Path.Combine(Repository.Root, name))));

    [GeneratedRegex(@"(?<![\w.~/*}$)-])/(?:home|root|work|Users|mnt)/\w+|[A-Z]:\\Users\\\w+")]
    private static partial Regex MachinePath();
}
