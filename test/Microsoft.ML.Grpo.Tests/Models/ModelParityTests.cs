using System.Globalization;
using Microsoft.ML.Grpo.Parity;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The checker's own code on the reference data: logits, log-probs, entropies, every gradient, greedy tokens.</summary>
[TestClass]
public class ModelParityTests
{
    [TestMethod]
    [DataRow("tiny-llama", 195)]
    [DataRow("tiny-qwen2", 237)]
    [DataRow("tiny-qwen3", 285)]
    public void Every_quantity_of_the_reference_is_met(string model, int cases)
    {
        var report = new Report(TextWriter.Null);
        ModelCheck.Run(SharedGoldens.Require("models/" + model), second: null, report);
        Assert.AreEqual(0, report.Failed, string.Join('\n', report.Failures));
        Assert.AreEqual(cases, report.Ok, "a case has gone, or a new one is not counted here");
    }

    [TestMethod]
    public void A_folder_without_models_fails()
    {
        using var folder = new TemporaryFolder();
        var (code, text) = Run(folder.Path);
        Assert.AreEqual(1, code);
        Assert.AreEqual($"FAIL  {folder.Path}  no folder at or below it holds config.json and expected.safetensors\n0 ok, 1 failed\n", text);
    }

    [TestMethod]
    public void A_folder_that_does_not_exist_fails()
    {
        using var folder = new TemporaryFolder();
        var (code, text) = Run(folder["absent"]);
        Assert.AreEqual(1, code);
        StringAssert.StartsWith(text, $"FAIL  {folder["absent"]}  ");
    }

    [TestMethod]
    public void An_unknown_architecture_and_an_unreadable_file_fail()
    {
        using var folder = new TemporaryFolder();
        Add("unknown", """{"model_type":"gpt2"}""");
        Add("damaged", """{"model_type":"llama"}""");
        var (code, text) = Run(folder.Path);
        Assert.AreEqual(1, code);
        var lines = text.Split('\n');
        StringAssert.StartsWith(lines[0], "FAIL  damaged  ");
        StringAssert.Contains(lines[0], "too few for a safetensors header");
        StringAssert.StartsWith(lines[1], "FAIL  unknown  ");
        StringAssert.Contains(lines[1], "'model_type' is 'gpt2'");
        Assert.AreEqual("0 ok, 2 failed", lines[2]);

        void Add(string name, string config)
        {
            Directory.CreateDirectory(folder[name]);
            File.WriteAllText(Path.Combine(folder[name], "config.json"), config);
            File.WriteAllBytes(Path.Combine(folder[name], "expected.safetensors"), [1, 2, 3]);
        }
    }

    [TestMethod]
    public void A_difference_beyond_the_bound_fails_and_so_does_one_that_is_no_number()
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var report = new Report(output);
        using var expected = TorchSharp.torch.tensor(new[] { 1.0, -4.0 });
        using var near = TorchSharp.torch.tensor(new[] { 1.0, -4.001 });
        using var nothing = TorchSharp.torch.tensor(new[] { double.NaN, -4.0 });
        report.Compare("near", near, expected, new(Absolute: 0.002));
        report.Compare("far", near, expected, new(Relative: 1e-4));
        report.Compare("nan", nothing, expected, new(Absolute: 1));
        report.Compare("shape", near, expected.unsqueeze(0), new(Absolute: 1));
        Assert.AreEqual(1, report.Close());
        Assert.AreEqual(
            """
            ok    near  abs 1.0e-03  rel 2.5e-04  bound 2e-3 absolute
            FAIL  far  abs 1.0e-03  rel 2.5e-04  bound 1e-4 relative
            FAIL  nan  abs NaN  rel NaN  bound 1e0 absolute
            FAIL  shape  has shape [2], the reference's is [1, 2]
            1 ok, 3 failed

            """,
            output.ToString());
    }

    private static (int Code, string Text) Run(string folder)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        return (ModelsCommand.Run([new DirectoryInfo(folder)], from: null, output), output.ToString());
    }
}
