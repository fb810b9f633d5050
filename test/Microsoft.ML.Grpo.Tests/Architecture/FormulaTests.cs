using System.Text.RegularExpressions;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>A formula stands in one place: a second one would drift away from it.</summary>
[TestClass]
public partial class FormulaTests
{
    [TestMethod]
    public void The_policy_ratio_and_the_IS_ratio_are_each_made_in_one_file()
    {
        string[] found = [.. SourceFile.All.SelectMany(file => Difference().Matches(file.Code).Select(match => $"{file.Name}: {match.Value}"))];
        CollectionAssert.AreEquivalent(new[] { "Objective/CorrectionRatio.cs: old - sampler", "Objective/PolicyRatio.cs: lp - old" }, found, string.Join('\n', found));
    }

    [TestMethod]
    public void The_metrics_of_the_IS_ratio_are_made_in_one_file()
    {
        string[] found = [.. Repository.Files().Where(name => name.StartsWith("src/", StringComparison.Ordinal) && name.EndsWith(".cs", StringComparison.Ordinal)
            && File.ReadAllText(Path.Combine(Repository.Root, name)).Contains("importance_sampling_ratio", StringComparison.Ordinal))];
        CollectionAssert.AreEqual(new[] { "src/Microsoft.ML.Grpo/Objective/CorrectionMetrics.cs" }, found);
    }

    [TestMethod]
    [DataRow("batch.Lp - batch.Old!")]
    [DataRow("(lp-old)")]
    [DataRow("x.Old! - y.Sampler")]
    [DataRow("old - smp")]
    public void A_difference_of_such_log_probs_is_found(string code) => Assert.MatchesRegex(Difference(), code);

    [TestMethod]
    [DataRow("reference - lp")]
    [DataRow("threshold - 1")]
    public void Another_difference_is_not(string code) => Assert.DoesNotMatchRegex(Difference(), code);

    [GeneratedRegex(@"\b(?:lp|old)\b!?\)?\s*-\s*\(?[\w.!?]*\b(?:old|sampler|smp)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Difference();
}
