using Microsoft.ML.Grpo.Parity;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The checker's own code on the reference data: advantages and reward metrics of every case.</summary>
[TestClass]
public class AdvantagesGoldenTests
{
    private static string Committed => Path.Combine(AppContext.BaseDirectory, "TestData", "objective");

    [TestMethod]
    public void Every_quantity_of_the_committed_cases_is_met() => Check(Committed, 100);

    [TestMethod]
    public void Every_quantity_of_all_cases_is_met() => Check(SharedGoldens.Require("objective"), 488);

    [TestMethod]
    public void A_changed_advantage_an_unknown_metric_and_an_unknown_scale_fail()
    {
        const string Metrics = "\"metrics\":{\"reward\":0.5}";
        const string Good = "{\"group_size\":2,\"rewards\":[[0],[1]],\"weights\":null,\"aggregation\":\"sum_then_normalize\",\"scale\":\"none\",\"advantages\":[-0.5,0.5]," + Metrics + "}";
        Assert.AreEqual(0, Run($"[{Good}]").Code);
        Assert.AreEqual(0, Run($"[{Good.Replace("\"none\"", "false", StringComparison.Ordinal)}]").Code);
        Fails(Good.Replace("[-0.5,", "[-0.500000002,", StringComparison.Ordinal), "case 0 advantages");
        Fails(Good.Replace(Metrics, "\"metrics\":{\"rewards/other/mean\":1}", StringComparison.Ordinal), "rewards/other/mean  is a metric that we do not have here");
        Fails(Good.Replace("\"none\"", "\"row\"", StringComparison.Ordinal), "option scale_rewards is \"row\": none of group, true, batch, none, false");
        Fails(Good.Replace("\"weights\"", "\"weight\"", StringComparison.Ordinal), "the case has a field 'weight', which the checker does not know");
        Fails(Good.Replace(",\"scale\":\"none\"", "", StringComparison.Ordinal), "'scale' is missing");
    }

    [TestMethod]
    public void No_case_no_file_and_no_json_fail()
    {
        Assert.AreEqual((1, "0 ok, 0 failed\n"), Run("[]"));
        Assert.AreEqual(1, Run("[").Code);
        Assert.AreEqual(1, Run(null).Code);
    }

    private static void Fails(string golden, string reason)
    {
        var (code, text) = Run($"[{golden}]");
        Assert.AreEqual(1, code);
        StringAssert.Contains(text, reason);
    }

    private static (int Code, string Text) Run(string? cases)
    {
        using var folder = new TemporaryFolder();
        if (cases is not null)
        {
            File.WriteAllText(folder[AdvantagesCommand.Cases], cases);
        }

        using var output = new StringWriter { NewLine = "\n" };
        return (AdvantagesCommand.Run(new(folder.Path), output), output.ToString());
    }

    private static void Check(string directory, int quantities)
    {
        using var output = new StringWriter { NewLine = "\n" };
        int code = AdvantagesCommand.Run(new(directory), output);
        string[] lines = output.ToString().TrimEnd().Split('\n');
        Assert.AreEqual(0, code, string.Join('\n', lines.Where(line => line.StartsWith("FAIL", StringComparison.Ordinal))));
        Assert.AreEqual($"{quantities} ok, 0 failed", lines[^1], "a case has gone, or a new one is not counted here");
    }
}
