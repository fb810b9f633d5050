using System.Globalization;
using Microsoft.ML.Grpo.Parity;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The checker's own code on the reference data of tokenizers.</summary>
[TestClass]
public class TextParityTests
{
    [TestMethod]
    [DataRow("small", 8)]
    [DataRow("qwen", 8)]
    [DataRow("metaspace-llama2", 9)]
    [DataRow("metaspace-gemma", 9)]
    public void Every_quantity_of_the_reference_is_met(string name, int quantities)
    {
        var (code, lines) = Run(SharedGoldens.Require($"text/tokenizers/{name}"));
        Assert.AreEqual(0, code, string.Join('\n', lines));
        Assert.AreEqual($"{quantities} ok, 0 failed", lines[^1], "a quantity has gone, or a new one is not counted here");
    }

    [TestMethod]
    public void A_folder_without_a_tokenizer_has_the_one_of_its_name_in_the_other_folder()
    {
        using var folder = new TemporaryFolder();
        Write(folder["cases/deep/tiny/strings.json"], """[{"text": "ab", "ids": [97, 98], "decoded": "ab"}]""");
        Write(folder["other/tiny/tokenizer.json"], TinyTokenizer.Json().ToJsonString());
        CollectionAssert.AreEqual(new[] { "ok    tiny ids  1 equal", "ok    tiny decoded  1 equal", "2 ok, 0 failed" }, Run(folder["cases"], folder["other"]).Lines);
        StringAssert.Contains(Run(folder["cases"]).Lines[0], "FAIL  tiny  has no tokenizer.json");
        StringAssert.StartsWith(Run(folder["cases"], folder["absent"]).Lines[0], "FAIL  tiny  ");
    }

    [TestMethod]
    [DataRow("strings.json", """[{"text": "ab", "ids": [97, 99]}]""", "FAIL  tiny ids  1 of 1 differ; string 'ab' gives '97 98', the reference '97 99'")]
    [DataRow("strings.json", """[{"i": 7, "text": "<s>", "ids": [1002], "ids_specials_as_text": [1002]}]""", "FAIL  tiny ids_specials_as_text  1 of 1 differ; string 7 ")]
    [DataRow("strings.json", """[{"text": "a", "ids": [97], "ids_add_special_tokens": [1002, 97]}]""", "FAIL  tiny ids_add_special_tokens  1 of 1")]
    [DataRow("strings.json", """[{"text": "a", "ids": [97], "decoded_skip_special": "b"}]""", "FAIL  tiny decoded_skip_special  1 of 1 differ; string 'a' gives 'a', the reference 'b'")]
    [DataRow("strings.json", "[]", "FAIL  tiny  holds nothing to compare")]
    [DataRow("strings.json", """[{"text": "a"}]""", "FAIL  tiny  'ids' is missing")]
    [DataRow("strings.json", "{", "FAIL  tiny  ")]
    [DataRow("streaming.json", """[{"ids": [97, 98], "decoded_prefixes": ["a", "abc"]}]""", "FAIL  tiny streaming decoded_prefixes  1 of 1")]
    [DataRow("streaming.json", """[{"ids": [195, 169], "hf_decode_stream": ["\u00e9", null]}]""", "FAIL  tiny streaming hf_decode_stream  1 of 1")]
    [DataRow("streaming.json", """[{"ids": [97, 195], "decoded": "a\ufffd", "hf_decode_stream": ["a", "\ufffd"]}]""", "FAIL  tiny streaming hf_decode_stream  1 of 1")]
    [DataRow("streaming.json", """[{"ids": [97, 195], "decoded_prefixes": ["a", "ab"], "hf_decode_stream": ["a", null]}]""", "FAIL  tiny streaming pieces together  1 of 1")]
    [DataRow("streaming.json", "[]", "FAIL  tiny streaming  holds nothing to compare")]
    [DataRow("streaming.json", """[{"ids": [97, 98]}]""", "FAIL  tiny streaming  holds nothing to compare")]
    public void A_difference_fails_and_so_does_what_cannot_be_read(string file, string content, string line)
    {
        using var folder = new TemporaryFolder();
        Write(folder["tiny/tokenizer.json"], TinyTokenizer.Json().ToJsonString());
        Write(folder["tiny/strings.json"], """[{"text": "ab", "ids": [97, 98]}]""");
        Write(folder[$"tiny/{file}"], content);
        var (code, lines) = Run(folder.Path);
        Assert.AreEqual(1, code);
        Assert.IsTrue(lines.Any(found => found.StartsWith(line, StringComparison.Ordinal)), string.Join('\n', lines));
    }

    [TestMethod]
    [DataRow("\\u00e9\\ufffd", "ok    tiny streaming pieces together  1 equal")]
    [DataRow("\\ufffd\\ufffd\\ufffd", "ok    tiny streaming pieces together  1 equal")]    // what was shown stays, in place of two of them
    [DataRow("\\ufffd\\ufffd\\ufffd\\ufffd", "FAIL  tiny streaming pieces together  1 of 1")]
    [DataRow("\\u00e9", "FAIL  tiny streaming pieces together  1 of 1")]
    public void What_the_pieces_are_together_is_the_references_word(string decoded, string line)
    {
        using var folder = new TemporaryFolder();
        Write(folder["tiny/tokenizer.json"], TinyMetaspace.Gemma().ToJsonString());
        Write(folder["tiny/strings.json"], """[{"text": "a", "ids": [260]}]""");
        Write(folder["tiny/streaming.json"], $$"""[{"ids": [{{3 + 0xC3}}, {{3 + 0xA9}}, {{3 + 0x80}}], "decoded": "{{decoded}}", "hf_decode_stream": [null, "\u00e9", null]}]""");
        var lines = Run(folder.Path).Lines;
        Assert.IsTrue(lines.Any(found => found.StartsWith(line, StringComparison.Ordinal)), string.Join('\n', lines));
    }

    [TestMethod]
    public void A_folder_without_strings_fails_and_so_does_one_that_does_not_exist()
    {
        using var folder = new TemporaryFolder();
        Assert.AreEqual($"FAIL  {folder.Path}  no folder at or below it holds strings.json", Run(folder.Path).Lines[0]);
        StringAssert.StartsWith(Run(folder["absent"]).Lines[0], $"FAIL  {folder["absent"]}  ");
    }

    private static void Write(string file, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }

    private static (int Code, string[] Lines) Run(string folder, string? tokenizers = null)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var code = TextCommand.Run([new DirectoryInfo(folder)], tokenizers is null ? null : new(tokenizers), output);
        return (code, output.ToString().TrimEnd('\n').Split('\n'));
    }
}
