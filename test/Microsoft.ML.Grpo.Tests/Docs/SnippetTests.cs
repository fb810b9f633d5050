namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class SnippetTests
{
    private const string Built = "class C\n{\n    #region Add\n    int x = 1;\n\n    if (x > 0)\n    {\n        x++;\n    }\n    #endregion\n}\n";

    private const string Page = "# Adding\n\n<!-- snippet: Add -->\n```csharp\nint x = 1;\n\nif (x > 0)\n{\n    x++;\n}\n```\n";

    private static Dictionary<string, string> BuiltRegions => Snippets.Regions(Built).ToDictionary(r => r.Name, r => r.Code);

    [TestMethod]
    public void Every_CSharp_block_of_the_guides_is_code_that_is_built()
    {
        Dictionary<string, string> regions = RepositoryRegions();
        string[] problems = [.. Pages().SelectMany(p => Snippets.Problems(Path.GetRelativePath(Repository.Root, p), File.ReadAllText(p), regions))];
        Assert.IsEmpty(problems, string.Join('\n', problems));
    }

    [TestMethod]
    public void The_guides_show_code() =>
        Assert.IsNotEmpty(Pages().SelectMany(p => Snippets.Blocks(File.ReadAllText(p))));

    [TestMethod]
    public void Every_region_of_the_snippets_program_is_shown_somewhere()
    {
        HashSet<string?> shown = [.. Pages().SelectMany(p => Snippets.Blocks(File.ReadAllText(p))).Select(b => b.Name)];
        foreach (string file in SourcesBelow(Path.Combine(Repository.Root, "docs", "samples", "Snippets")))
        {
            foreach (var (name, _) in Snippets.Regions(File.ReadAllText(file)))
            {
                Assert.Contains(name, shown);
            }
        }
    }

    [TestMethod]
    public void A_copy_is_accepted_whatever_its_line_endings()
    {
        Assert.IsEmpty(Snippets.Problems("page.md", Page, BuiltRegions));
        Assert.IsEmpty(Snippets.Problems("page.md", Page.Replace("\n", "\r\n", StringComparison.Ordinal), BuiltRegions));
    }

    [TestMethod]
    public void A_block_that_differs_is_found()
    {
        string[] problems = [.. Snippets.Problems("page.md", Page.Replace("x++", "x--", StringComparison.Ordinal), BuiltRegions)];
        Assert.HasCount(1, problems);
        Assert.StartsWith("page.md(4): the block differs from #region Add. It must read:\nint x = 1;\n", problems[0]);
    }

    [TestMethod]
    [DataRow("csharp")]
    [DataRow("cs")]
    [DataRow("C#")]
    public void A_block_without_a_marker_is_found(string language)
    {
        string[] problems = [.. Snippets.Problems("page.md", $"```{language}\nint x = 1;\n```\n", BuiltRegions)];
        CollectionAssert.AreEqual(new[] { "page.md(1): a C# block without <!-- snippet: Name --> above it." }, problems);
    }

    [TestMethod]
    public void A_block_without_a_region_is_found()
    {
        string[] problems = [.. Snippets.Problems("page.md", Page.Replace("snippet: Add", "snippet: Sub", StringComparison.Ordinal), BuiltRegions)];
        CollectionAssert.AreEqual(new[] { "page.md(4): no file below docs/samples has #region Sub." }, problems);
    }

    [TestMethod]
    public void Blocks_in_other_languages_are_left_alone() =>
        Assert.IsEmpty(Snippets.Blocks("```sh\ndotnet test\n```\n\n````markdown\n```csharp\nint x;\n```\n````\n"));

    private static Dictionary<string, string> RepositoryRegions()
    {
        Dictionary<string, string> regions = [];
        foreach (string file in SourcesBelow(Path.Combine(Repository.Root, "docs", "samples")))
        {
            foreach (var (name, code) in Snippets.Regions(File.ReadAllText(file)))
            {
                Assert.IsTrue(regions.TryAdd(name, code), $"#region {name} is there twice, the second time in {file}.");
            }
        }

        return regions;
    }

    private static IEnumerable<string> Pages() =>
        new[] { Path.Combine(Repository.Root, "README.md") }.Where(File.Exists)
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md"))
            .Order(StringComparer.Ordinal);

    private static IEnumerable<string> SourcesBelow(string directory) => Directory
        .EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));
}
