using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public partial class SourceRuleTests
{
    private const int LongestFile = 400;
    private const int SmallFile = 80;

    [TestMethod]
    [DataRow("UnsafeAccessor")]
    [DataRow("System.Reflection")]
    [DataRow("DllImport")]
    [DataRow("LibraryImport")]
    [DataRow("NativeLibrary")]
    [DataRow("BindingFlags")]
    [DataRow("GetEnvironmentVariable")]
    public void Only_Interop_reaches_inside_anything(string word)
    {
        string[] users = [.. SourceFile.All.Where(f => f.Room != "Interop" && f.Code.Contains(word, StringComparison.Ordinal)).Select(f => f.Name)];
        Assert.IsEmpty(users, $"{word} outside Interop: {string.Join(", ", users)}. Move what needs it into a small class of src/Microsoft.ML.Grpo/Interop.");
    }

    [TestMethod]
    public void Every_line_of_the_log_has_an_event_id_of_its_own()
    {
        string[] ids = [.. SourceFile.All.SelectMany(f => EventId().Matches(f.Code)).Select(m => m.Groups["id"].Value)];
        Assert.IsNotEmpty(ids);
        CollectionAssert.AllItemsAreUnique(ids, string.Join(", ", ids));
    }

    [TestMethod]
    public void Every_file_can_be_read_in_one_sitting()
    {
        string[] tooLong = [.. Sources("").Where(f => f.Lines >= LongestFile).Select(f => $"{f.Name} has {f.Lines} lines.")];
        Assert.IsEmpty(tooLong, $"Split by idea: {string.Join(' ', tooLong)}");
    }

    [TestMethod]
    public void Half_of_the_librarys_files_are_small()
    {
        var files = Sources("src/").ToArray();
        int small = files.Count(f => f.Lines < SmallFile);
        Assert.IsGreaterThanOrEqualTo(files.Length / 2, small, $"{small} of {files.Length} files have fewer than {SmallFile} lines.");
    }

    [TestMethod]
    public void Public_types_live_in_two_namespaces()
    {
        string[] elsewhere = [.. typeof(GrpoEstimator).Assembly.GetExportedTypes().Where(t => t.Namespace is not ("Microsoft.ML" or "Microsoft.ML.Grpo")).Select(t => t.FullName!)];
        Assert.IsEmpty(elsewhere, string.Join(", ", elsewhere));
    }

    [GeneratedRegex(@"LoggerMessage\((?:EventId = )?(?<id>\d+)")]
    private static partial Regex EventId();

    private static IEnumerable<(string Name, int Lines)> Sources(string below) => Repository.Files()
        .Where(name => name.StartsWith(below, StringComparison.Ordinal) && name.EndsWith(".cs", StringComparison.Ordinal))
        .Select(name => (name, File.ReadLines(Path.Combine(Repository.Root, name)).Count()));
}
