using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The guide's tables of metrics hold those that a run gives, all of them and no other.</summary>
[TestClass]
public partial class MetricsDocumentationTests
{
    [TestMethod]
    public void The_guide_explains_every_metric_of_a_run_and_no_other()
    {
        var given = Metrics().Select(name => name.Replace("exact_match", "NAME", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        var explained = Row().Matches(Section("## Metrics")).Select(m => m.Groups["name"].Value).Order(StringComparer.Ordinal).ToArray();
        CollectionAssert.AreEqual(given, explained, $"Not explained: {string.Join(", ", given.Except(explained))}. Not there: {string.Join(", ", explained.Except(given))}.");
    }

    [TestMethod]
    public void The_guide_explains_every_purpose_of_work()
    {
        var explained = Row().Matches(Section("## Work")).Select(m => m.Groups["name"].Value).ToArray();
        CollectionAssert.AreEqual(Enum.GetNames<WorkPurpose>(), explained);
    }

    private static IEnumerable<string> Metrics()
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable([new { Prompt = "37+48=", Answer = "85" }, new { Prompt = "10+11=", Answer = "21" }]);
        using var policy = ml.Transforms.TrainGrpo(new GrpoOptions
        {
            ModelPath = Path.Combine(Repository.Root, "docs", "samples", "TinyAdder"),
            Rewards = { Reward.ExactMatch("Answer") },
            PromptsPerRollout = 2,
            GroupSize = 2,
            Steps = 1,
            MaxCompletionTokens = 4,
            Loss = { Beta = 0.1 },
            Evaluation = { ValidationData = rows },
        }).Fit(rows);
        return policy.Training!.Steps[0].Keys;
    }

    private static string Section(string heading)
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "how-it-works.md"));
        int start = page.IndexOf($"{heading}\n", StringComparison.Ordinal);
        Assert.IsGreaterThanOrEqualTo(0, start, $"docs/how-it-works.md has no section '{heading}'.");
        int end = page.IndexOf("\n## ", start, StringComparison.Ordinal);
        return end < 0 ? page[start..] : page[start..end];
    }

    [GeneratedRegex(@"^\| `(?<name>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
