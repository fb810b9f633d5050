using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The page of implementation details names tests and options that are there, and counts without a gap.</summary>
[TestClass]
public partial class ImplementationDetailsTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "implementation-details.md"));

    [TestMethod]
    public void Every_test_that_the_page_names_is_a_test()
    {
        string[] named = [.. TestName().Matches(Page).Select(m => m.Value).Distinct()];
        HashSet<string> tests = [.. typeof(ImplementationDetailsTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttribute<TestMethodAttribute>() is not null).Select(method => $"{type.Name}.{method.Name}"))];
        Assert.IsNotEmpty(named);
        string[] missing = [.. named.Where(name => !tests.Contains(name))];
        Assert.IsEmpty(missing, string.Join('\n', missing));
    }

    [TestMethod]
    public void Every_behaviour_of_the_skip_has_a_test()
    {
        string[] rows = [.. Section("## The skip").Split('\n').Where(line => SkipRow().IsMatch(line))];
        Assert.IsGreaterThanOrEqualTo(15, rows.Length);
        foreach (string row in rows)
        {
            Assert.MatchesRegex(TestName(), row.Split('|')[^2], row);
        }
    }

    [TestMethod]
    public void The_table_of_option_names_holds_options_that_are_there()
    {
        HashSet<string> options = [.. OptionsUnderTest.All().Select(o => o.Name)];
        string[] named = [.. Section("## Option names").Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal) && line.Contains("| `", StringComparison.Ordinal))
            .SelectMany(line => Code().Matches(line.Split('|')[2]).Select(m => m.Groups["text"].Value.Split(' ')[0]))];
        Assert.IsGreaterThanOrEqualTo(50, named.Length);
        string[] missing = [.. named.Where(name => !options.Contains(name))];
        Assert.IsEmpty(missing, string.Join('\n', missing));
    }

    [TestMethod]
    public void Details_are_numbered_from_1_without_a_gap()
    {
        int[] numbers = [.. Detail().Matches(Page).Select(m => int.Parse(m.Groups["number"].Value, CultureInfo.InvariantCulture))];
        CollectionAssert.AreEqual(Enumerable.Range(1, numbers.Length).ToArray(), numbers);
        Assert.IsGreaterThanOrEqualTo(50, numbers.Length);
    }

    private static string Section(string heading)
    {
        int start = Page.IndexOf($"{heading}\n", StringComparison.Ordinal);
        Assert.IsGreaterThanOrEqualTo(0, start, $"docs/implementation-details.md has no section '{heading}'.");
        int end = Page.IndexOf("\n## ", start, StringComparison.Ordinal);
        return end < 0 ? Page[start..] : Page[start..end];
    }

    [GeneratedRegex(@"\b[A-Z]\w+Tests\.\w+")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\| [A-Z]\d+ \|")]
    private static partial Regex SkipRow();

    [GeneratedRegex("`(?<text>[^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^(?<number>\d+)\. \*\*", RegexOptions.Multiline)]
    private static partial Regex Detail();
}
