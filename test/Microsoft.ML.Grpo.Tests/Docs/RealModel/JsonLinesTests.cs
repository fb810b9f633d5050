using RealModel;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class JsonLinesTests
{
    [TestMethod]
    public void Problems_are_read_with_their_metadata_and_blank_lines_are_none()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["p.jsonl"], "{\"prompt\": \"7 + 5?\\nSay it.\", \"answer\": 12.50, \"metadata\": {\"a\": [1]}, \"other\": null}\n\r\n{\"answer\": \"b\", \"prompt\": \"é😀\"}");
        var problems = JsonLines.Read(folder["p.jsonl"], "prompt", "answer", heldOut: true);
        Assert.HasCount(2, problems);
        Assert.AreEqual(("7 + 5?\nSay it.", "12.50", "{\"a\": [1]}", true), (problems[0].Prompt, problems[0].Answer, problems[0].Metadata, problems[0].HeldOut));
        Assert.AreEqual(("é😀", "b", "{}"), (problems[1].Prompt, problems[1].Answer, problems[1].Metadata));
    }

    [TestMethod]
    public void Fields_may_have_other_names()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["p.jsonl"], """{"question": "q", "solution": "s"}""");
        var problem = JsonLines.Read(folder["p.jsonl"], "question", "solution", heldOut: false).Single();
        Assert.AreEqual(("q", "s", false), (problem.Prompt, problem.Answer, problem.HeldOut));
    }

    [TestMethod]
    [DataRow("{\"prompt\": \"q\", \"answer\"", "Line 2 of 'FILE' is not JSON, at byte 25. Each line is a JSON object of its own, such as {\"prompt\": \"What is 7 + 5?\", \"answer\": \"12\"}.")]
    [DataRow("[1]", "Line 2 of 'FILE' is a JSON Array, not an object. Each line is a JSON object of its own, such as {\"prompt\": \"What is 7 + 5?\", \"answer\": \"12\"}.")]
    [DataRow("{\"question\": \"q\", \"answer\": \"a\"}", "Line 2 of 'FILE' has no field \"prompt\". It has: question, answer. Mend the line; or, if the field is called otherwise in all lines, name it with --prompt-column.")]
    [DataRow("{\"prompt\": \"q\"}", "Line 2 of 'FILE' has no field \"answer\". It has: prompt. Mend the line; or, if the field is called otherwise in all lines, name it with --answer-column.")]
    [DataRow("{\"prompt\": \"q\", \"answer\": [\"a\"]}", "Line 2 of 'FILE' has a list in \"answer\". Give a text or a number, or name another field with --answer-column.")]
    [DataRow("{\"prompt\": \" \", \"answer\": \"a\"}", "Line 2 of 'FILE' has nothing in \"prompt\". Fill it, or delete the line.")]
    [DataRow("{\"prompt\": \"\\ud800\", \"answer\": \"a\"}", "Line 2 of 'FILE' has half of a surrogate pair in \"prompt\", which is no text. Mend or delete the line.")]
    [DataRow("{\"prompt\": \"q\", \"answer\": \"a\", \"metadata\": {\"letters\": [\"a\", \"\\udfff\"]}}", "Line 2 of 'FILE' has half of a surrogate pair in \"metadata\", which is no text. Mend or delete the line.")]
    public void A_line_that_is_no_problem_is_named_with_the_remedy(string line, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["p.jsonl"], "{\"prompt\": \"q\", \"answer\": \"a\"}\n" + line);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => JsonLines.Read(folder["p.jsonl"], "prompt", "answer", heldOut: false));
        Assert.AreEqual(message.Replace("FILE", folder["p.jsonl"], StringComparison.Ordinal), error.Message);
    }

    [TestMethod]
    public void A_file_that_is_not_there_is_empty_or_no_UTF_8_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.ThrowsExactly<FileNotFoundException>(() => JsonLines.Read(folder["absent"], "prompt", "answer", heldOut: false));
        File.WriteAllText(folder["empty"], "\n");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => JsonLines.Read(folder["empty"], "prompt", "answer", heldOut: false)).Message, "holds no problem");
        File.WriteAllBytes(folder["latin"], [.. "{\"prompt\": \"caf"u8, 0xE9, .. "\"}"u8]);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => JsonLines.Read(folder["latin"], "prompt", "answer", heldOut: false)).Message, "is not UTF-8");
    }
}
