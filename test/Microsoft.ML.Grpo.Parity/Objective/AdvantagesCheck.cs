using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.Grpo.Parity;

/// <summary>Advantages and reward metrics of one case of <c>advantages.json</c>.</summary>
internal static class AdvantagesCheck
{
    private static readonly string[] Fields = ["group_size", "rewards", "weights", "aggregation", "scale", "advantages", "metrics"];

    public static void Run(string name, JsonElement json, Report report)
    {
        using var scope = NewDisposeScope();
        GoldenJson.RequireKnown(json, "the case", Fields);
        var options = new CaseOptions(new Dictionary<string, JsonElement>
        {
            ["scale_rewards"] = Field("scale"), ["multi_objective_aggregation"] = Field("aggregation"), ["reward_weights"] = Field("weights"),
        });
        var scores = GoldenJson.Scores(Field("rewards"));
        var table = options.Advantages(scores, Field("group_size").GetInt32());
        report.Compare($"{name} advantages", tensor(table.Advantages), tensor(GoldenJson.Numbers(Field("advantages"))), GoldenBounds.Exact);

        string[] names = [.. Enumerable.Range(0, scores.GetLength(1)).Select(function => $"reward{function}")];
        var metrics = RewardMetrics.Compute(scores, names, table);
        foreach (var metric in Field("metrics").EnumerateObject())
        {
            if (metrics.TryGetValue(metric.Name, out var actual))
            {
                report.Compare($"{name} {metric.Name}", actual, GoldenJson.Number(metric.Value), GoldenBounds.Of(metric.Name));
            }
            else
            {
                report.Fail($"{name} {metric.Name}", "is a metric that we do not have here");
            }
        }

        JsonElement Field(string field) => GoldenJson.Field(json, field);
    }
}
