using System.Globalization;
using Microsoft.ML.Grpo.Parity;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The checker's own code on the reference data: scores and extracted answers.</summary>
[TestClass]
public class TasksParityTests
{
    private const string Score = """{"task": "gcd", "rule": "contains", "test_line": 0, "answer": "7", "metadata": {}, "response": "17", "score": 0.5}""";
    private const string Extract = """{"completion": "<answer>7</answer>", "answer": "7"}""";

    [TestMethod]
    public void Every_case_of_the_reference_is_met()
    {
        var (code, text) = Run(SharedGoldens.Require("tasks"));
        Assert.AreEqual(0, code, string.Join('\n', text.Split('\n').Where(line => line.StartsWith("FAIL", StringComparison.Ordinal))));
        StringAssert.EndsWith(text, "\n385 ok, 0 failed\n", "a case has gone, or a new one is not counted here");
    }

    [TestMethod]
    public void Files_below_the_folder_are_found_and_blank_lines_are_no_cases()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a/b"]);
        File.WriteAllText(folder["scores.jsonl"], Score + "\n\n");
        File.WriteAllText(folder["a/b/extract.jsonl"], "\n" + Extract);
        var (code, text) = Run(folder.Path);
        Assert.AreEqual(0, code);
        Assert.AreEqual(
            """
            ok    a/b/extract.jsonl:2 extract  is "7", the reference's is "7"
            ok    scores.jsonl:1 gcd contains  is 0.5, the reference's is 0.5
            2 ok, 0 failed

            """,
            text);
    }

    [TestMethod]
    public void A_wrong_score_and_a_wrong_answer_fail()
    {
        Fails("scores.jsonl", Score.Replace("0.5", "0.5000000000000001", StringComparison.Ordinal), "is 0.5, the reference's is 0.5000000000000001");
        Fails("extract.jsonl", Extract.Replace("\"7\"", "null", StringComparison.Ordinal), "is \"7\", the reference's is null");
    }

    [TestMethod]
    public void What_cannot_be_read_fails()
    {
        Fails("scores.jsonl", "{", "scores.jsonl:1  ");
        Fails("scores.jsonl", Score.Replace("contains", "guess", StringComparison.Ordinal), "'guess' is a rule that nothing here knows");
        Fails("scores.jsonl", Score.Replace("\"score\"", "\"points\"", StringComparison.Ordinal), "'score' is missing");
        Fails("scores.jsonl", Score.Replace("contains", "word list", StringComparison.Ordinal), "\"sorted_words\"");
        Fails("extract.jsonl", "[]", "extract.jsonl:1  ");
        Fails("extract.jsonl", "\n", "extract.jsonl  has no case");
        Fails("other.jsonl", Score, "no scores.jsonl or extract.jsonl is at or below it");
    }

    [TestMethod]
    public void A_folder_that_does_not_exist_and_a_file_that_is_no_UTF_8_fail()
    {
        using var folder = new TemporaryFolder();
        Assert.AreEqual(1, Run(folder["absent"]).Code);
        File.WriteAllBytes(folder["scores.jsonl"], [0x22, 0xFF, 0x22]);
        var (code, text) = Run(folder.Path);
        Assert.AreEqual(1, code);
        StringAssert.StartsWith(text, "FAIL  scores.jsonl  ");
    }

    private static void Fails(string file, string content, string reason)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[file], content);
        var (code, text) = Run(folder.Path);
        Assert.AreEqual(1, code);
        StringAssert.Contains(text, reason);
    }

    private static (int Code, string Text) Run(string folder)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        return (TasksCommand.Run(new(folder), output), output.ToString());
    }
}
