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

    // However its difference is written, a ratio of probabilities is exp of something; the rest of the library has its own list, so that a new one is looked at.
    [TestMethod]
    public void Only_ratios_divergences_and_weights_of_losses_take_exp()
    {
        string[] found = [.. SourceFile.All.Where(file => file.Room != "Models").SelectMany(file => Exponential().Matches(file.Code).Select(_ => file.Name))];
        string[] expected =
        [
            "Objective/CorrectionRatio.cs", // rho
            "Objective/Kl.cs", // k3
            "Objective/PolicyRatio.cs", "Objective/PolicyRatio.cs", // c1 of tokens, of sequences
            "Objective/VespoLoss.cs", "Objective/VespoLoss.cs", // phi
            "Rollouts/TokenSampler.cs", // probabilities to draw from
        ];
        CollectionAssert.AreEquivalent(expected, found, string.Join('\n', found));
    }

    [TestMethod]
    [DataRow("sampling/importance_sampling_ratio", "Objective/CorrectionMetrics.cs")]
    [DataRow("sampling/ratio_unbounded", "Objective/CorrectionMetrics.cs")]
    [DataRow("sampling/sampling_logp_difference", "Objective/CorrectionMetrics.cs")]
    [DataRow("ratio", "Objective/RatioMetrics.cs")]
    [DataRow("clip_ratio", "Objective/ClipMetrics.cs")]
    [DataRow("cispo_clip_ratio", "Objective/CispoLoss.cs")]
    public void The_metrics_of_a_ratio_are_made_in_one_file(string prefix, string file)
    {
        string[] found = [.. SourceFile.All.Where(one => MakesMetric(one, prefix)).Select(one => one.Name)];
        CollectionAssert.AreEqual(new[] { file }, found);
    }

    [TestMethod]
    [DataRow("batch.Lp - batch.Old!")]
    [DataRow("(lp-old)")]
    [DataRow("x.Old! - y.Sampler")]
    [DataRow("old - smp")]
    [DataRow("lp.sub(old)")]
    [DataRow("lp.sub_(batch.Old!)")]
    [DataRow("torch.sub(lp, old)")]
    [DataRow("lp - batch.Previous")]
    [DataRow("logProbs - oldLogProbs")]
    [DataRow("oldLogProbs - samplerLogProbs")]
    [DataRow("lp.detach() - old")]
    public void A_difference_of_such_log_probs_is_found(string code) => Assert.MatchesRegex(Difference(), code);

    [TestMethod]
    [DataRow("reference - lp")]
    [DataRow("threshold - 1")]
    public void Another_difference_is_not(string code) => Assert.DoesNotMatchRegex(Difference(), code);

    [TestMethod]
    [DataRow("ratio.exp()")]
    [DataRow("exp(lp) / exp(old)")]
    [DataRow("log.exp_()")]
    [DataRow("Math.Exp(x)")]
    [DataRow("x.expm1()")]
    public void An_exponential_is_found(string code) => Assert.MatchesRegex(Exponential(), code);

    /// <summary>Whether a string of the file, outside comments, is a metric of that name or begins one.</summary>
    private static bool MakesMetric(SourceFile file, string prefix) =>
        Regex.IsMatch(
            string.Join('\n', File.ReadLines(Path.Combine(Repository.Root, "src/Microsoft.ML.Grpo", file.Name)).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal))),
            $"\"{Regex.Escape(prefix)}[/\"]");

    [GeneratedRegex("""
        \b\w*(?:lp|old|logprobs?)\b!?(?:\.detach\(\))?\)? (?: \s*-\s* | \.sub(?:tract)?_?\( ) \(?[\w.!?]*(?:old|sampler|smp|previous)(?:logprobs?)?\b
        | \bsub(?:tract)?\(\s*[\w.!?]*(?:lp|old|logprobs?)\b!?\s*,\s*[\w.!?]*(?:old|sampler|smp|previous)
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Difference();

    [GeneratedRegex(@"\bexp(?:m1|2)?_?\(", RegexOptions.IgnoreCase)]
    private static partial Regex Exponential();
}
