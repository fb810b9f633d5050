using System.Globalization;
using System.Text.Json;
using RealModel;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>One response: its score must be the reference's, to the bit.</summary>
internal static class ScoreCheck
{
    public static void Run(string line, JsonElement one, Report report)
    {
        var rule = GoldenJson.Field(one, "rule").GetString()!;
        var score = ScoringRules.All.GetValueOrDefault(rule.Replace(' ', '-')) ?? throw new InvalidDataException($"'{rule}' is a rule that nothing here knows");
        var expected = GoldenJson.Field(one, "score").GetDouble();
        var actual = score(GoldenJson.Field(one, "response").GetString(), GoldenJson.Field(one, "answer").GetString()!, GoldenJson.Field(one, "metadata"));
        report.Check(
            $"{line} {GoldenJson.Field(one, "task").GetString()} {rule}",
            BitConverter.DoubleToInt64Bits(actual) == BitConverter.DoubleToInt64Bits(expected),
            string.Create(CultureInfo.InvariantCulture, $"is {actual:R}, the reference's is {expected:R}"));
    }
}
