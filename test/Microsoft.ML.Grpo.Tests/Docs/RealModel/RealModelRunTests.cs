using System.Text.Json;
using RealModel;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The sample, whole, on the tiny model.</summary>
[TestClass]
public class RealModelRunTests
{
    private const int HeldOut = 24;
    private const int Samples = 4;

    private static readonly string TinyAdder = Path.Combine(Repository.Root, "docs", "samples", "TinyAdder");

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_run_trains_measures_and_tells_all_of_it(bool random)
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        Assert.AreEqual(0, Run.Do(Settings(folder) with { RandomReward = random }, cancellation.Token));
        using var json = JsonDocument.Parse(File.ReadAllBytes(folder["result.json"]));
        var result = json.RootElement;

        // What the sample keeps of each completion adds up to what the library's evaluation says.
        var (before, after, last) = (result.GetProperty("before"), result.GetProperty("after"), result.GetProperty("steps")[1].GetProperty("metrics"));
        Assert.AreEqual(last.GetProperty("eval_rewards/correct/mean").GetDouble(), after.GetProperty("correct").GetDouble(), 1e-12);
        Assert.AreEqual(last.GetProperty("eval_rewards/correct/best").GetDouble(), after.GetProperty("correctOnce").GetDouble(), 1e-12);
        Assert.AreEqual(last.GetProperty("eval_greedy_rewards/correct/mean").GetDouble(), after.GetProperty("greedyCorrect").GetDouble(), 1e-12);
        Assert.AreEqual(last.GetProperty("eval_completions/mean_length").GetDouble(), after.GetProperty("meanLength").GetDouble(), 1e-12);
        Assert.AreEqual(last.GetProperty("eval_completions/clipped_ratio").GetDouble(), after.GetProperty("shareCut").GetDouble(), 1e-12);
        Assert.AreEqual(last.GetProperty("eval_rewards/format/mean").GetDouble(), after.GetProperty("format").GetDouble(), 1e-12);

        var (old, now) = (Means(before), Means(after));
        Assert.AreEqual(HeldOut, old.Length);
        Assert.AreEqual(PairedInterval.Of(old, now), new PairedInterval(Number(result, "correct", "mean"), Number(result, "correct", "low"), Number(result, "correct", "high")));
        Assert.IsGreaterThan(0, after.GetProperty("correct").GetDouble(), "the tiny model solves some of them");

        // The second of two rollouts of 8 x 8 completions.
        var reward = random ? Enumerable.Range(0, 64).Average(place => RandomReward.Toss(seed: 1, rollout: 1, place)) : last.GetProperty("rewards/correct/mean").GetDouble();
        Assert.AreEqual(reward, last.GetProperty("reward").GetDouble(), 1e-12);
        Assert.AreEqual(random, last.TryGetProperty("rewards/random/mean", out _));
        Assert.AreEqual(2, result.GetProperty("steps").GetArrayLength());
        Assert.IsGreaterThan(100_000, result.GetProperty("parameters").GetInt64());
        Assert.IsGreaterThan(0, result.GetProperty("peakMemoryBytes").GetInt64());
        Assert.IsGreaterThan(0, result.GetProperty("updateShareOfMatmulRate").GetDouble());
        CollectionAssert.AreEqual(new[] { "adapter", "model" }, Directory.EnumerateDirectories(folder["saved"]).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray());
    }

    [TestMethod]
    public void A_run_that_is_cancelled_before_its_first_step_saves_nothing()
    {
        using var folder = new TemporaryFolder();
        Assert.AreEqual(130, Run.Do(Settings(folder), new CancellationToken(canceled: true)));
        Assert.IsFalse(File.Exists(folder["result.json"]));
        Assert.IsFalse(Directory.Exists(folder["saved"]));
    }

    [TestMethod]
    public void A_form_that_is_paid_for_must_be_one()
    {
        using var folder = new TemporaryFolder();
        Assert.AreEqual(1, Run.Do(Settings(folder) with { Rule = "exact", Answer = "whole", FormatWeight = 0.1 }, CancellationToken.None));
    }

    [TestMethod]
    public void What_does_not_fit_is_said_in_the_words_of_the_command_line()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        var settings = Settings(folder) with { Save = null };
        Refused(settings with { PromptsPerRollout = 65 }, $"'{folder["train.jsonl"]}' holds 64 problems, but a step takes 65: give more problems, or --prompts-per-rollout 64.");
        File.AppendAllText(folder["test.jsonl"], $$"""{"prompt": "{{new string('1', 80)}}", "answer": 1}""");
        Refused(
            settings with { LimitTest = null },
            $"The problem in line {HeldOut + 2} of '{folder["test.jsonl"]}' has 80 tokens, more than the 58 that --max-tokens 6 leaves of the model's context. Shorten it, delete the line, or lower --max-tokens.");

        void Refused(RunSettings settings, string message) =>
            Assert.AreEqual(message, Assert.ThrowsExactly<ArgumentException>(() => Run.Execute(settings, cancellation.Token)).Message);
    }

    [TestMethod]
    public void Raw_prompts_are_asked_of_the_library_as_such()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource();
        var judge = new Judge(ScoringRules.All["exact"], AnswerForm.Whole);
        GrpoOptions Options(bool raw) => RunOptions.Of(
            Settings(folder) with { Raw = raw }, judge, new(judge, 1, 1), new(8, 8), new MLContext().Data.LoadFromEnumerable([new Problem()]), cancellation.Token);
        Assert.AreEqual((PromptFormat.Raw, PromptFormat.Auto), (Options(raw: true).PromptFormat, Options(raw: false).PromptFormat));
    }

    private static RunSettings Settings(TemporaryFolder folder)
    {
        Write("problems.train.tsv", folder["train.jsonl"], 64);
        Write("problems.heldout.tsv", folder["test.jsonl"], HeldOut + 1);
        var command = new RunCommand();
        return command.Settings(command.Root.Parse(
            ["--model", TinyAdder, "--train", folder["train.jsonl"], "--test", folder["test.jsonl"], "--rule", "last-number", "--steps", "2", "--max-tokens", "6", "--samples", $"{Samples}",
                "--limit-test", $"{HeldOut}", "--save", folder["saved"], "--result", folder["result.json"]]));
    }

    private static void Write(string problems, string path, int count) => File.WriteAllLines(
        path,
        File.ReadLines(Path.Combine(TinyAdder, problems)).Skip(1).Take(count).Select(line => line.Split('\t')).Select(fields => JsonSerializer.Serialize(new { prompt = fields[0], answer = fields[1] })));

    private static double[] Means(JsonElement evaluation) =>
        [.. evaluation.GetProperty("problems").EnumerateArray().Select(problem => problem.GetProperty("correct").EnumerateArray().Average(correct => correct.GetDouble()))];

    private static double Number(JsonElement result, string name, string part) => result.GetProperty(name).GetProperty(part).GetDouble();
}
