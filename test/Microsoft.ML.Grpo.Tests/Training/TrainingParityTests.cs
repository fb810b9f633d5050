using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.Grpo.Parity;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The checker's own code on the reference's recorded runs: every loss, norm, weight, metric and forward pass.</summary>
[TestClass]
public class TrainingParityTests
{
    private const string Absent = "the recorded runs";

    public static IEnumerable<object[]> Runs => SharedGoldens.TryFind("training") is { } folder
        ? Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(path => new object[] { Path.GetFileName(path) })
        : [[Absent]];

    [TestMethod]
    [DynamicData(nameof(Runs))]
    public void A_recorded_run_arrives_at_the_same_place(string file)
    {
        var folder = SharedGoldens.Require("training");
        var report = new Report(TextWriter.Null);
        TrainingCheck.Run(Path.Combine(folder, file), SharedGoldens.Require("models"), report);
        Assert.AreEqual(0, report.Failed, string.Join('\n', report.Failures));
        Assert.IsGreaterThan(30, report.Ok, "kinds of numbers have gone");
    }

    [TestMethod]
    [DataRow("loss of the second step", "micro_losses", "step 2: slice 1 is ")]
    [DataRow("weight at the end", "sample_weights", "step 6: model.norm.weight[5] is ")]
    [DataRow("metric", "entropy", "step 3: entropy is ")]
    [DataRow("metric of another name", "mood", "step 1: mood is not among our metrics")]
    [DataRow("weight decay", "parameter_groups", "step 0: weight decay of model.layers.0.input_layernorm.weight is 0, the reference's 0.5")]
    [DataRow("rate", "lr_used", "step 4: rate is 0.002, the reference's 0.003")]
    [DataRow("pass", "loss tokens", ", at most 0")]
    public void A_number_that_is_not_the_references_fails_and_is_named(string change, string kind, string detail)
    {
        var failures = Failures(run =>
        {
            switch (change)
            {
                case "loss of the second step": Add(run["steps"]![2]!["micro_losses"]![1]!, "loss", 1e-7); break;
                case "weight at the end": run["sample_weights"]!["model.norm.weight"]![5] = 7.0; break;
                case "metric": Add(run["logs"]![2]!, "entropy", 1e-6); break;
                case "metric of another name": run["logs"]![0]!["mood"] = 1.0; break;
                case "weight decay": run["parameter_groups"]![1]!["weight_decay"] = 0.5; break;
                case "rate": run["steps"]![4]!["lr_used"]![0] = 0.003; break;
                default: run["passes"]!.AsArray().Clear(); break;
            }
        });
        Assert.IsTrue(failures.All(line => line.StartsWith($"FAIL  run {kind}  ", StringComparison.Ordinal) || line.StartsWith($"FAIL  run micro-batches {kind}  ", StringComparison.Ordinal) || line.StartsWith($"FAIL  run shared prompt {kind}  ", StringComparison.Ordinal)), string.Join('\n', failures));
        StringAssert.Contains(failures[0], detail);

        static void Add(JsonNode parent, string name, double amount) => parent[name] = parent[name]!.GetValue<double>() + amount;
    }

    [TestMethod]
    [DataRow("adaptive_entropy.json", """{"entropy_coef":0.5,"entropy_coef_max":0.1}""")]
    [DataRow("adaptive_entropy.json", """{"entropy_coef":-0.01}""")]
    [DataRow("onpolicy_dapo.json", """{"entropy_coef":-0.01}""")]
    [DataRow("onpolicy_dapo.json", """{"epsilon":0}""")]
    [DataRow("onpolicy_dapo.json", """{"epsilon":1.5}""")]
    [DataRow("onpolicy_dapo.json", """{"reward_weights":"zero"}""")]
    [DataRow("sapo_schedule.json", """{"warmup_steps":10}""")]
    [DataRow("sync_ref.json", """{"ref_model_sync_steps":512}""")]
    [DataRow("gdpo_weights_none.json", """{"scale_rewards":false}""")]
    public void What_the_reference_runs_is_replayed_though_our_rules_would_keep_users_from_it(string file, string options)
    {
        // The numbers are those of other options, so lines fail; but each is a line of numbers, of a run that came to its end.
        var failures = Failures(
            run =>
            {
                foreach (var (name, value) in JsonNode.Parse(options)!.AsObject())
                {
                    run["options"]![name] = name == "reward_weights" ? new JsonArray([.. run["generation_batches"]![0]!["rewards"]![0]!.AsArray().Select(_ => JsonValue.Create(0))]) : value!.DeepClone();
                }

                run["effective"]!.AsObject().Clear();
            },
            file);
        string[] ends = [.. failures.Where(line => line.StartsWith("FAIL  run  ", StringComparison.Ordinal) || line.Contains("micro-batches  ", StringComparison.Ordinal))];
        Assert.IsEmpty(ends, string.Join('\n', ends));
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow(1e-12)]
    public void A_recording_without_log_probs_has_its_off_policy_mask_from_the_old_ones(double? threshold)
    {
        var failures = Failures(
            run =>
            {
                run["options"]!["off_policy_mask_threshold"] = threshold;
                foreach (var batch in run["generation_batches"]!.AsArray())
                {
                    batch!["logprobs"] = null;
                }

                foreach (var log in run["logs"]!.AsArray().Cast<JsonObject>())
                {
                    foreach (var (name, _) in log.Where(entry => entry.Key.StartsWith("sampling/", StringComparison.Ordinal)).ToArray())
                    {
                        log.Remove(name);
                    }
                }
            },
            "mu2_grpo.json");

        // The recording has no mask: with one, in the second walk, losses are others.
        Assert.AreEqual(threshold is not null, failures.Any(line => line.StartsWith("FAIL  run micro_losses  ", StringComparison.Ordinal)), string.Join('\n', failures));
        Assert.IsTrue(threshold is not null || failures.Count == 0, string.Join('\n', failures));
    }

    [TestMethod]
    public void An_evaluation_before_the_first_step_is_compared()
    {
        var failures = Failures(
            run =>
            {
                run["options"]!["eval_on_start"] = true;
                var log = run["logs"]!.AsArray().First(one => one!["eval_loss"] is not null)!.DeepClone();
                log["step"] = 0;
                log["eval_num_tokens"] = 0.0;
                run["logs"]!.AsArray().Insert(0, log);
                var batches = run["generation_batches"]!.AsArray();
                var evaluations = batches.Where(batch => !batch!["train"]!.GetValue<bool>()).ToArray();
                var each = evaluations.Length / (run["logs"]!.AsArray().Count(one => one!["eval_loss"] is not null) - 1);
                foreach (var batch in evaluations.Take(each).Reverse())
                {
                    batches.Insert(0, batch!.DeepClone());
                }
            },
            "eval_during.json");

        // What was sampled and scored is the same; the loss is that of other weights, and its passes are not in the recording.
        string[] kinds = [.. failures.Where(line => !line.Contains("no-grad tokens", StringComparison.Ordinal)).Select(line => line.Split("  ")[1])];
        Assert.IsTrue(kinds.Length > 0 && kinds.All(kind => kind.Contains("eval_", StringComparison.Ordinal)), string.Join('\n', failures));
        Assert.IsFalse(failures.Any(line => line.Contains("is not among our metrics", StringComparison.Ordinal)), string.Join('\n', failures));
        Assert.IsFalse(kinds.Any(kind => kind.EndsWith("eval_reward", StringComparison.Ordinal) || kind.EndsWith("eval_completions", StringComparison.Ordinal)), string.Join('\n', failures));
    }

    [TestMethod]
    [DataRow("option", "FAIL  run  option beam_width is 3: no such option is known here")]
    [DataRow("half precision", "FAIL  run  option bf16 is true: only [false] can be replayed")]
    [DataRow("steps", "FAIL  run  it has 6 steps, but max_steps is 7")]
    [DataRow("effective", "FAIL  run  effective option beta is 0.5, but the options come to 0")]
    [DataRow("order", "FAIL  run  it has 6 training batches, but 5 orders")]
    [DataRow("ranks", "FAIL  run  it was made by 2 processes; only a run of one can be replayed")]
    [DataRow("prompts", "FAIL  run  a generation batch is not 8 rows, 4 in a row of each prompt")]
    [DataRow("surplus", "FAIL  run recording  6 of 7 rollouts and 0 of 0 evaluation batches were replayed")]
    public void A_run_that_cannot_be_replayed_as_it_was_fails(string change, string line)
    {
        var failures = Failures(run =>
        {
            switch (change)
            {
                case "option": run["options"]!["beam_width"] = 3; break;
                case "half precision": run["options"]!["bf16"] = true; break;
                case "steps": run["options"]!["max_steps"] = 7; break;
                case "effective": run["effective"]!["beta"] = 0.5; break;
                case "order": run["orders"]!.AsArray().RemoveAt(0); break;
                case "ranks": run["processes"] = 2; break;
                case "prompts": run["generation_batches"]![0]!["prompt_ids"]![1] = new JsonArray(5, 6); break;
                default:
                    run["orders"]!.AsArray().Add(run["orders"]![0]!.DeepClone());
                    run["generation_batches"]!.AsArray().Add(run["generation_batches"]![0]!.DeepClone());
                    break;
            }
        });
        Assert.AreEqual(line, failures[0]);
    }

    [TestMethod]
    public void Folders_without_runs_and_files_that_are_none_fail()
    {
        using var folder = new TemporaryFolder();
        Assert.AreEqual((1, $"FAIL  {folder.Path}  holds no .json file\n0 ok, 1 failed\n"), Run(folder.Path));
        StringAssert.StartsWith(Run(folder["absent"]).Text, $"FAIL  {folder["absent"]}  ");
        File.WriteAllText(folder["list.json"], "[]");
        var (code, text) = Run(folder.Path);
        Assert.AreEqual(1, code);
        StringAssert.StartsWith(text, "FAIL  list  it is not a recorded run: ");

        static (int Code, string Text) Run(string folder)
        {
            using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
            return (TrainingCommand.Run(new(folder), new(folder), output), output.ToString());
        }
    }

    /// <summary>The lines that fail when a recorded run is changed.</summary>
    private static IReadOnlyList<string> Failures(Action<JsonNode> change, string file = "onpolicy_dapo.json")
    {
        using var folder = new TemporaryFolder();
        var run = JsonNode.Parse(File.ReadAllText(SharedGoldens.Require("training/" + file)))!;
        change(run);
        File.WriteAllText(folder["run.json"], run.ToJsonString());
        var report = new Report(TextWriter.Null);
        TrainingCheck.Run(folder["run.json"], SharedGoldens.Require("models"), report);
        return report.Failures;
    }
}
