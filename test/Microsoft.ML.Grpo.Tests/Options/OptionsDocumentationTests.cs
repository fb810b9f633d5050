using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>Every option says its default, which is the one in the code, its range and its source; and the guide says the same.</summary>
[TestClass]
public partial class OptionsDocumentationTests
{
    private static readonly Dictionary<string, XElement> Documented = XDocument
        .Load(Path.ChangeExtension(typeof(GrpoOptions).Assembly.Location, "xml"))
        .Descendants("member").ToDictionary(m => m.Attribute("name")!.Value);

    public static IEnumerable<object[]> Options => OptionsUnderTest.All().Select(o => new object[] { o.Name });

    [TestMethod]
    [DynamicData(nameof(Options))]
    public void An_option_documents_default_range_reason_and_source(string name)
    {
        var (_, property, owner) = OptionsUnderTest.All().Single(o => o.Name == name);
        XElement member = Member(property);
        Match value = ValuePattern().Match(Plain(member.Element("value")));
        Assert.IsTrue(value.Success, $"{name}: the value must read 'Default: X (meaning). Range: Y.'");
        Assert.AreEqual(OptionsUnderTest.Default(property, owner), value.Groups["default"].Value, name);
        Assert.MatchesRegex(RemarksPattern(), Plain(member.Element("remarks")), $"{name}: the remarks must say why, and 'Source: '.");
    }

    [TestMethod]
    [DynamicData(nameof(Options))]
    public void The_guide_says_of_an_option_what_the_code_says(string name)
    {
        var (_, property, _) = OptionsUnderTest.All().Single(o => o.Name == name);
        XElement member = Member(property);
        Match value = ValuePattern().Match(Plain(member.Element("value")));
        string[] notes = [.. member.Element("remarks")!.Elements("para").Select(Plain)];
        string[] expected =
        [
            name,
            value.Groups["default"].Value + value.Groups["meaning"].Value,
            value.Groups["range"].Value,
            Plain(member.Element("summary")) + " " + Plain(new XElement("why", member.Element("remarks")!.Nodes().Where(n => n is not XElement { Name.LocalName: "para" }))),
            string.Join(" ", notes.Where(n => !n.StartsWith("Source: ", StringComparison.Ordinal))),
            notes.Single(n => n.StartsWith("Source: ", StringComparison.Ordinal))["Source: ".Length..].TrimEnd('.'),
        ];
        Assert.Contains($"| {string.Join(" | ", expected)} |", Guide());
    }

    [TestMethod]
    [DynamicData(nameof(Options))]
    public void The_number_that_null_stands_for_is_the_one_in_the_code(string name)
    {
        var (_, property, owner) = OptionsUnderTest.All().Single(o => o.Name == name);
        if (owner.GetType().GetProperty("Resolved" + property.Name, BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(owner) is not IConvertible resolved || property.GetValue(owner) is not null)
        {
            return; // null stands for something else than a number of the options' own
        }

        string meaning = ValuePattern().Match(Plain(Member(property).Element("value"))).Groups["meaning"].Value;
        if (meaning.StartsWith(" (as ", StringComparison.Ordinal))
        {
            return; // for another option, whose own default that is
        }

        Assert.MatchesRegex($@"^ \({Regex.Escape(resolved.ToString(CultureInfo.InvariantCulture)!.ToLowerInvariant())}(; .+|, .+)?\)$", meaning, name);
    }

    [TestMethod]
    public void The_guide_names_no_option_that_is_not_there()
    {
        HashSet<string> names = [.. OptionsUnderTest.All().Select(o => o.Name)];
        string[] rows = [.. Guide().Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal) && l[2] is >= 'A' and <= 'Z' && !l.StartsWith("| Option |", StringComparison.Ordinal))];
        Assert.HasCount(names.Count, rows);
        foreach (string row in rows)
        {
            Assert.Contains(row.Split('|')[1].Trim(), names);
        }
    }

    private static string Guide() => File.ReadAllText(Path.Combine(Repository.Root, "docs", "options.md")).Replace("`", "", StringComparison.Ordinal);

    private static XElement Member(PropertyInfo property)
    {
        string key = $"P:{property.DeclaringType!.FullName}.{property.Name}";
        Assert.IsTrue(Documented.TryGetValue(key, out XElement? member), $"{key} has no documentation.");
        return member!;
    }

    /// <summary>The text, with each reference as the last part of what it refers to.</summary>
    private static string Plain(XElement? element)
    {
        if (element is null)
        {
            return "";
        }

        IEnumerable<string> parts = element.DescendantNodes().Select(node => node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "see" } see => Reference(see.Attribute("cref")!.Value),
            XElement { Name.LocalName: "para" } => " ",
            _ => "",
        });
        return WhiteSpace().Replace(string.Concat(parts), " ").Trim();
    }

    private static string Reference(string cref)
    {
        string[] path = cref[2..].Split('`', '(')[0].Split('.');
        bool isMember = cref[0] is 'P' or 'F' or 'M' && path[^2] != nameof(GrpoOptions) && !path[^2].EndsWith("Options", StringComparison.Ordinal);
        return isMember ? $"{path[^2]}.{path[^1]}" : path[^1];
    }

    [GeneratedRegex(@"^Default: (?<default>[^ ]+?)(?<meaning> \(.+\))?\. Range: (?<range>.+)\.$")]
    private static partial Regex ValuePattern();

    [GeneratedRegex(@"^[A-Z].+\. (Ignored: .+\. |Refused: .+\. )?Source: .+\.$")]
    private static partial Regex RemarksPattern();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
