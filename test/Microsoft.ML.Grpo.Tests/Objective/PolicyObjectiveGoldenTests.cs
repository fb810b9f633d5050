using System.Text.Json.Nodes;
using Microsoft.ML.Grpo.Parity;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The checker's own code on the reference data: everything of every case, by both routes where the case is aligned.</summary>
[TestClass]
public class PolicyObjectiveGoldenTests
{
    private static string Committed => Path.Combine(AppContext.BaseDirectory, "TestData", "objective");

    [TestMethod]
    public void Every_quantity_of_the_committed_cases_is_met() => Check(Committed, 2289);

    [TestMethod]
    public void Every_quantity_of_all_cases_is_met() => Check(SharedGoldens.Require("objective"), 14343);

    [TestMethod]
    [DataRow("loss", "precomputed loss")]
    [DataRow("num_items_in_batch", "num_items_in_batch")]
    [DataRow("grad_lp", "precomputed grad_lp")]
    [DataRow("importance_sampling_ratio", "precomputed importance_sampling_ratio")]
    [DataRow("loss_mask", "loss_mask")]
    [DataRow("advantages", "advantages")]
    [DataRow("metrics.entropy", "inline entropy")]
    [DataRow("metrics.reward_std", "reward_std")]
    [DataRow("metrics.completions/mean_length", "completions/mean_length")]
    [DataRow("metrics.sampling/importance_sampling_ratio/max", "sampling/importance_sampling_ratio/max")]
    public void A_changed_number_fails(string field, string quantity) => Fails(
        one =>
        {
            string[] path = field.Split('.');
            JsonNode parent = path.Length == 1 ? one : one[path[0]]!;
            if (parent[path[^1]] is JsonArray array)
            {
                JsonArray innermost = array[0] as JsonArray ?? array;
                innermost[0] = innermost[0]!.GetValue<double>() + 1e-5;
            }
            else
            {
                parent[path[^1]] = parent[path[^1]]!.GetValue<double>() + 1e-5;
            }
        },
        $"FAIL  case {quantity}  ");

    [TestMethod]
    public void Options_that_the_objective_does_not_read_and_booleans_for_scales_are_known()
    {
        JsonNode cases = JsonNode.Parse(File.ReadAllText(Path.Combine(Committed, ObjectiveCommand.Cases)))!;
        foreach (var (_, one) in cases.AsObject())
        {
            JsonNode options = one!["options"]!;
            options["scale_rewards"] ??= true;
            (options["temperature"], options["learning_rate"], options["num_generations"], options["vllm_importance_sampling_correction"]) = (0.7, 1e-3, 2, true);
        }

        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Committed, ObjectiveCommand.Inputs), folder[ObjectiveCommand.Inputs]);
        File.WriteAllText(folder[ObjectiveCommand.Cases], cases.ToJsonString());
        Check(folder.Path, 2289);
    }

    [TestMethod]
    public void An_unknown_option_fails() => Fails(
        one => one["options"]!["loss_typo"] = "dapo", "FAIL  case  option loss_typo is \"dapo\": no such option is known here");

    [TestMethod]
    public void An_unknown_value_of_an_option_fails() => Fails(
        one => one["options"]!["loss_type"] = "gmpo", "option loss_type is \"gmpo\": none of grpo, bnpo, dr_grpo, dapo, cispo, sapo, luspo, vespo");

    [TestMethod]
    public void An_option_that_must_not_be_null_fails() => Fails(one => one["options"]!["epsilon"] = null, "epsilon is null");

    [TestMethod]
    public void An_unknown_field_fails() => Fails(one => one["more"] = 1, "FAIL  case  the case has a field 'more', which the checker does not know");

    [TestMethod]
    public void A_missing_field_fails() => Fails(one => one.Remove("loss"), "FAIL  case  'loss' is missing");

    [TestMethod]
    public void An_unknown_mode_fails() => Fails(one => one["mode"] = "test", "mode is 'test', neither train nor eval");

    [TestMethod]
    public void An_unknown_metric_fails() => Fails(one => one["metrics"]!["surprise"] = 1, "FAIL  case precomputed surprise  is a metric that we do not have here");

    [TestMethod]
    public void A_metric_of_the_loss_that_the_reference_does_not_have_fails() => Fails(
        one => ((JsonObject)one["metrics"]!).Remove("entropy"), "FAIL  case inline entropy  is not in the reference data");

    [TestMethod]
    public void A_ratio_that_the_reference_does_not_have_fails() => Fails(
        one => one.Remove("importance_sampling_ratio"), "FAIL  case importance_sampling_ratio  is not in the reference data");

    [TestMethod]
    public void A_ratio_that_we_do_not_have_fails() => Fails(
        one => one["is_correction"] = false, "FAIL  case importance_sampling_ratio  is not there");

    [TestMethod]
    public void Passes_that_do_not_fit_the_case_fail() => Fails(one => one["passes"] = new JsonArray("loss"), "FAIL  case passes  old, loss");

    [TestMethod]
    public void A_gradient_of_the_entropies_that_ours_do_not_have_fails() => Fails(
        one => one["grad_entropy"] = one["grad_lp"]!.DeepClone(), "FAIL  case precomputed grad_entropy  ");

    [TestMethod]
    public void A_set_that_is_not_there_fails() => Fails(one => one["set"] = "other", "FAIL  case  'other' is missing");

    [TestMethod]
    public void A_folder_without_cases_and_one_that_is_not_there_fail()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[ObjectiveCommand.Cases], "{}");
        File.WriteAllText(folder[ObjectiveCommand.Inputs], "{}");
        Assert.AreEqual((1, "0 ok, 0 failed\n"), Run(folder.Path));
        Assert.AreEqual(1, Run(folder["absent"]).Code);
    }

    /// <summary>A good case, but for one change.</summary>
    private static void Fails(Action<JsonObject> change, string line)
    {
        JsonNode cases = JsonNode.Parse(File.ReadAllText(Path.Combine(Committed, ObjectiveCommand.Cases)))!;
        var one = (JsonObject)cases["vespo-tt2s-aligned"]!.DeepClone();
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Committed, ObjectiveCommand.Inputs), folder[ObjectiveCommand.Inputs]);
        Write();
        Assert.AreEqual(0, Run(folder.Path).Code);
        change(one);
        Write();
        var (code, text) = Run(folder.Path);
        Assert.AreEqual(1, code);
        StringAssert.Contains(text, line);

        void Write() => File.WriteAllText(folder[ObjectiveCommand.Cases], new JsonObject { ["case"] = one.DeepClone() }.ToJsonString());
    }

    private static void Check(string directory, int quantities)
    {
        var (code, text) = Run(directory);
        string[] lines = text.TrimEnd().Split('\n');
        Assert.AreEqual(0, code, string.Join('\n', lines.Where(line => line.StartsWith("FAIL", StringComparison.Ordinal))));
        Assert.AreEqual($"{quantities} ok, 0 failed", lines[^1], "a case has gone, or a new one is not counted here");
    }

    private static (int Code, string Text) Run(string directory)
    {
        using var output = new StringWriter { NewLine = "\n" };
        return (ObjectiveCommand.Run(new(directory), output), output.ToString());
    }
}
