using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The guide's tables of metrics hold those that runs give, whatever their options, all of them and no other.</summary>
[TestClass]
public partial class MetricsDocumentationTests
{
    /// <summary>Options that together give every metric there is.</summary>
    private static readonly Action<GrpoOptions>[] Runs =
    [
        o => (o.Loss.Beta, o.Loss.Entropy.Coefficient) = (0.1, 0.01),
        o => (o.Loss.Type, o.Loss.EpsilonHigh, o.RolloutEngine, o.MinInformativeGroups) = (LossType.Cispo, 5, new RoundedRolloutEngine(), 1),
        o => (o.Loss.Type, o.ImportanceSampling.Mode, o.Loss.Entropy.Adaptive) = (LossType.Vespo, CorrectionMode.TokenMask, true),
        o => (o.Loss.Type, o.Loss.RatioLevel, o.ImportanceSampling.Mode, o.StepsPerRollout) = (LossType.Grpo, RatioLevel.Sequence, CorrectionMode.SequenceMask, 2),
        o => (o.Loss.Type, o.ImportanceSampling.Mode, o.Loss.TopEntropyQuantile, o.Lora) = (LossType.Sapo, CorrectionMode.SequenceTruncate, 0.5, new()),
    ];

    [TestMethod]
    public void The_guide_explains_every_metric_that_runs_give_and_no_other()
    {
        var given = Runs.SelectMany(Metrics).Distinct().Select(name => name.Replace("exact_match", "NAME", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        var explained = Rows().SelectMany(Names).Order(StringComparer.Ordinal).ToArray();
        CollectionAssert.AreEqual(given, explained, $"Not explained: {string.Join(", ", given.Except(explained))}. Not there: {string.Join(", ", explained.Except(given))}.");
    }

    [TestMethod]
    public void Every_metric_has_its_formula_when_it_is_there_what_is_healthy_and_what_to_do()
    {
        foreach (string[] cells in Rows())
        {
            int[] needed = [1, 2, 4, 5]; // the fourth column, whether evaluation has it too, may be empty
            Assert.HasCount(6, cells, cells[0]);
            Assert.IsTrue(needed.All(i => cells[i].Length > 0), $"{cells[0]} has an empty cell.");
        }
    }

    [TestMethod]
    public void The_guide_explains_every_purpose_of_work()
    {
        var explained = Row().Matches(Section("## Work")).Select(m => m.Groups["name"].Value).ToArray();
        CollectionAssert.AreEqual(Enum.GetNames<WorkPurpose>(), explained);
    }

    private static IEnumerable<string> Metrics(Action<GrpoOptions> change)
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable([new { Prompt = "37+48=", Answer = "85" }, new { Prompt = "10+11=", Answer = "21" }]);
        var options = new GrpoOptions
        {
            ModelPath = Path.Combine(Repository.Root, "docs", "samples", "TinyAdder"),
            Rewards = { Reward.ExactMatch("Answer") },
            PromptsPerRollout = 2,
            GroupSize = 2,
            Steps = 1,
            MaxCompletionTokens = 4,
            Evaluation = { ValidationData = rows, Loss = true },
        };
        change(options);
        using var policy = ml.Transforms.TrainGrpo(options).Fit(rows);
        return [.. policy.Training!.Steps[0].Keys];
    }

    /// <summary>The cells of the metrics' rows, the name first and without its marks.</summary>
    private static IEnumerable<string[]> Rows() => Section("## Metrics").Split('\n')
        .Where(line => Row().IsMatch(line))
        .Select(line => line.Split('|')[1..^1].Select(cell => cell.Trim()).ToArray())
        .Select(cells => (string[])[cells[0].Trim('`'), .. cells[1..]]);

    /// <summary>A metric that evaluation has too stands for both.</summary>
    private static IEnumerable<string> Names(string[] cells) => cells[3].Length == 0 ? [cells[0]] : [cells[0], "eval_" + cells[0]];

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
