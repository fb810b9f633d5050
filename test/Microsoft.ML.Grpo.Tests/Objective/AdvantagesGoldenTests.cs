using System.Text.Json;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class AdvantagesGoldenTests
{
    private const double Bound = 1e-9;

    [TestMethod]
    public void Advantages_and_reward_metrics_are_the_references_in_the_committed_cases() =>
        Check(Path.Combine(AppContext.BaseDirectory, "TestData", "objective", "advantages.json"), 12);

    [TestMethod]
    public void Advantages_and_reward_metrics_are_the_references_in_all_cases() =>
        Check(SharedGoldens.Require("objective/advantages.json"), 48);

    private static void Check(string path, int expectedCases)
    {
        List<JsonElement> cases = [.. GoldenCase.Parse(path).EnumerateArray().Where(one => one.GetProperty("aggregation").GetString() == "sum_then_normalize")];
        Assert.HasCount(expectedCases, cases);
        for (int i = 0; i < cases.Count; i++)
        {
            double?[,] rewards = Rewards(cases[i].GetProperty("rewards"));
            JsonElement weights = cases[i].GetProperty("weights");
            ScaleRewards scale = Enum.Parse<ScaleRewards>(cases[i].GetProperty("scale").GetString()!, ignoreCase: true);
            AdvantageTable table = Advantages.Compute(
                rewards,
                weights.ValueKind == JsonValueKind.Null ? [.. Enumerable.Repeat(1.0, rewards.GetLength(1))] : [.. weights.EnumerateArray().Select(w => w.GetDouble())],
                cases[i].GetProperty("group_size").GetInt32(),
                scale);

            double[] expected = [.. cases[i].GetProperty("advantages").EnumerateArray().Select(a => a.GetDouble())];
            Near.AreEqual(expected, table.Advantages, Bound, $"case {i}, {scale}");

            string[] names = [.. Enumerable.Range(0, rewards.GetLength(1)).Select(function => $"reward{function}")];
            var metrics = RewardMetrics.Compute(rewards, names, table);
            foreach (JsonProperty metric in cases[i].GetProperty("metrics").EnumerateObject())
            {
                double value = metric.Value.ValueKind == JsonValueKind.Null ? double.NaN : metric.Value.GetDouble();
                Near.AreEqual(value, metrics[metric.Name], Bound, $"case {i}, {scale}, {metric.Name}");
            }
        }
    }

    /// <summary>The reference holds rewards in float32 and computes in float64: 0.1 is 0.10000000149 to it. That is its input, so it is ours.</summary>
    private static double?[,] Rewards(JsonElement rows)
    {
        var rewards = new double?[rows.GetArrayLength(), rows[0].GetArrayLength()];
        for (int row = 0; row < rewards.GetLength(0); row++)
        {
            for (int function = 0; function < rewards.GetLength(1); function++)
            {
                JsonElement value = rows[row][function];
                rewards[row, function] = value.ValueKind == JsonValueKind.Null ? null : (float)value.GetDouble();
            }
        }

        return rewards;
    }
}
