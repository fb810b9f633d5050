using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A link from one page to another, or to a place in it, leads somewhere.</summary>
[TestClass]
public partial class LinkTests
{
    [TestMethod]
    public void Every_link_between_pages_leads_somewhere()
    {
        string[] pages = [.. Repository.Files().Where(f => f.EndsWith(".md", StringComparison.Ordinal) && !f.StartsWith("test/", StringComparison.Ordinal))];
        string[] dead = [.. pages.SelectMany(Dead)];
        Assert.IsEmpty(dead, string.Join('\n', dead));
    }

    [TestMethod]
    public void Every_guide_is_linked_from_the_README()
    {
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        foreach (string guide in Repository.Files().Where(f => f.StartsWith("docs/", StringComparison.Ordinal) && f.EndsWith(".md", StringComparison.Ordinal)))
        {
            Assert.Contains($"]({guide})", readme, guide);
        }
    }

    [TestMethod]
    [DataRow("## The forward plan", "the-forward-plan")]
    [DataRow("# CUDA", "cuda")]
    [DataRow("## `null`, and 0", "null-and-0")]
    public void Anchors_are_made_as_GitHub_makes_them(string heading, string anchor) => Assert.AreEqual(anchor, Anchor(heading));

    private static IEnumerable<string> Dead(string page)
    {
        foreach (Match link in Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, page))))
        {
            string[] target = link.Groups["target"].Value.Split('#');
            string file = target[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, target[0]);
            string path = Path.Combine(Repository.Root, file);
            if (!File.Exists(path) || (target.Length > 1 && !File.ReadLines(path).Where(l => l.StartsWith('#')).Select(Anchor).Contains(target[1])))
            {
                yield return $"{page}: {link.Value}";
            }
        }
    }

    private static string Anchor(string heading) => string.Concat(heading.TrimStart('#').Trim().ToLowerInvariant().Replace(' ', '-').Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));

    [GeneratedRegex(@"\[[^\]\n]+\]\((?!https?:)(?<target>[^)\s]+)\)")]
    private static partial Regex Link();
}
