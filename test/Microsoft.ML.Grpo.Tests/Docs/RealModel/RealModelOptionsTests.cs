using RealModel;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class RealModelOptionsTests
{
    [TestMethod]
    public void A_run_on_basic_arithmetic_is_the_references()
    {
        var settings = Settings("--model", "m.gguf", "--task", "basic_arithmetic", "--tasks", "/data");
        Assert.AreEqual(("m.gguf", "/data/basic_arithmetic.train.jsonl", "/data/basic_arithmetic.test.jsonl"), (settings.Model, settings.Train, settings.Test));
        Assert.AreEqual(("last-number", "last-number", "Answer with the final number alone."), (settings.Rule, settings.Answer, settings.System));
        Assert.AreEqual(("correctness", 0.0, false), (settings.Reward, settings.FormatWeight, settings.RandomReward));
        Assert.AreEqual((8, 8, 32, 1.0, 40), (settings.PromptsPerRollout, settings.GroupSize, settings.MaxTokens, settings.Temperature, settings.Steps));
        Assert.AreEqual((true, 2e-4, null), (settings.Lora, settings.LearningRate, settings.WarmupSteps));
        Assert.AreEqual((4, null), (settings.Samples, settings.LimitTest));
    }

    [TestMethod]
    [DataRow("chain_sum", "decimal", "last-number")]
    [DataRow("count_bits", "contains", "last-number")]
    [DataRow("gcd", "contains", "last-number")]
    [DataRow("letter_counting", "contains", "last-number")]
    [DataRow("number_sorting", "number-list", "whole")]
    [DataRow("palindrome_generation", "palindrome", "whole")]
    [DataRow("spell_backward", "positions", "whole")]
    [DataRow("word_sorting", "word-list", "whole")]
    public void Each_task_has_its_rule_which_gives_the_tasks_own_answers_full_marks(string task, string rule, string answer)
    {
        var settings = Settings("--model", "m", "--task", task, "--tasks", SharedGoldens.Require("tasks"));
        Assert.AreEqual((rule, answer), (settings.Rule, settings.Answer));
        var judge = new Judge(ScoringRules.All[rule], AnswerForm.All.Single(form => form.Name == answer));
        foreach (var (file, count) in new[] { (settings.Train, 500), (settings.Test, 100) })
        {
            var problems = JsonLines.Read(file, "prompt", "answer", heldOut: false);
            Assert.HasCount(count, problems);
            judge.Check(problems, file);
        }
    }

    [TestMethod]
    public void Other_files_have_no_system_message_and_the_rule_exact()
    {
        string[] files = ["--model", "m", "--train", "/data/a.jsonl", "--test", "/data/b.jsonl"];
        var settings = Settings(files);
        Assert.AreEqual(("/data/a.jsonl", "/data/b.jsonl", "exact", "whole", null), (settings.Train, settings.Test, settings.Rule, settings.Answer, settings.System));
        Assert.AreEqual("last-number", Settings([.. files, "--rule", "decimal"]).Answer);
        Assert.AreEqual("tags", Settings([.. files, "--rule", "decimal", "--answer", "tags"]).Answer);
        Assert.IsNull(Settings([.. files, "--lora", "false"]).LearningRate, "the library's");
    }

    [TestMethod]
    public void Raw_prompts_have_no_system_message_not_even_the_tasks()
    {
        var settings = Settings("--model", "m", "--task", "gcd", "--raw");
        Assert.AreEqual((true, null), (settings.Raw, settings.System));
        Assert.AreEqual((false, "Answer with the final number alone."), (Settings("--model", "m", "--task", "gcd").Raw, Settings("--model", "m", "--task", "gcd").System));
    }

    [TestMethod]
    public async Task The_command_returns_before_its_run_so_that_Ctrl_C_is_heard()
    {
        using var invoked = new ManualResetEventSlim();
        var command = new RunCommand((_, stop) => invoked.Wait(TimeSpan.FromSeconds(60), stop) ? 7 : 1);
        var running = command.Root.Parse(["--model", "m", "--task", "gcd"]).InvokeAsync();
        invoked.Set();
        Assert.AreEqual(7, await running);
    }

    [TestMethod]
    [DataRow("Say which problems", "--model", "m")]
    [DataRow("Say which problems", "--model", "m", "--train", "a.jsonl")]
    [DataRow("Say which problems", "--model", "m", "--task", "gcd", "--train", "a.jsonl", "--test", "b.jsonl")]
    [DataRow("--tasks says where the files of --task are", "--model", "m", "--train", "a.jsonl", "--test", "b.jsonl", "--tasks", "d")]
    [DataRow("--control random-reward trains on coins alone", "--model", "m", "--task", "gcd", "--control", "random-reward", "--reward", "score")]
    [DataRow("--steps is 0, but must be 1 or more", "--model", "m", "--task", "gcd", "--steps", "0")]
    [DataRow("--group-size is 1, but must be 2 or more", "--model", "m", "--task", "gcd", "--group-size", "1")]
    [DataRow("--temperature is NaN, but must be above 0 and finite", "--model", "m", "--task", "gcd", "--temperature", "NaN")]
    [DataRow("--temperature is 0, but must be above 0 and finite", "--model", "m", "--task", "gcd", "--temperature", "0")]
    [DataRow("--learning-rate is -1e-4, but must be above 0 and finite", "--model", "m", "--task", "gcd", "--learning-rate", "-1e-4")]
    [DataRow("--format-weight is -0.1, but must be 0 or more and finite", "--model", "m", "--task", "gcd", "--format-weight", "-0.1")]
    [DataRow("--format-weight is Infinity, but must be 0 or more and finite", "--model", "m", "--task", "gcd", "--format-weight", "Infinity")]
    [DataRow("--raw has no place for a system message", "--model", "m", "--task", "gcd", "--raw", "--system", "Answer.")]
    [DataRow("guess", "--model", "m", "--task", "gcd", "--rule", "guess")]
    public void What_contradicts_itself_or_has_no_effect_is_refused(string part, params string[] arguments)
    {
        var errors = new RunCommand().Root.Parse(arguments).Errors.Select(error => error.Message).ToArray();
        StringAssert.Contains(string.Join('\n', errors), part);
    }

    [TestMethod]
    [DataRow("last-number", "last-number", "Ada", "in its own answer \"Ada\", --answer last-number finds nothing, which scores 0, not 1")]
    [DataRow("exact", "last-number", "1,000", "in its own answer \"1,000\", --answer last-number finds \"000\", which scores 0, not 1")]
    [DataRow("contains", "tags", "7 ", "in its own answer \"7 \", --answer tags finds \"7\", which scores 0, not 1")]
    [DataRow("palindrome", "whole", "abba", "the metadata have no \"letters\" with a list of texts, which the rule needs")]
    public void A_rule_and_a_form_that_do_not_suit_a_problem_name_its_line(string rule, string form, string answer, string wrong)
    {
        var judge = new Judge(ScoringRules.All[rule], AnswerForm.All.Single(f => f.Name == form));
        var error = Assert.ThrowsExactly<InvalidDataException>(() => judge.Check([new() { Prompt = "Who?", Answer = answer, Line = 7 }], "a.jsonl"));
        Assert.AreEqual($"--rule and --answer do not suit line 7 of 'a.jsonl': {wrong}. Choose others, or mend the line.", error.Message);
    }

    private static RunSettings Settings(params string[] arguments)
    {
        var command = new RunCommand();
        var parsed = command.Root.Parse(arguments);
        Assert.IsEmpty(parsed.Errors);
        return command.Settings(parsed);
    }
}
