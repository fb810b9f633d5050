using System.Globalization;
using Microsoft.ML.Grpo.Parity;

namespace Microsoft.ML.Grpo.Tests;

/// <summary>The checker's own code on the reference data of adapters.</summary>
[TestClass]
public class LoraParityTests
{
    [TestMethod]
    [DataRow("tiny-llama-all", 214)]
    [DataRow("tiny-qwen2-rslora", 214)]
    public void Every_quantity_of_the_reference_is_met(string adapter, int cases)
    {
        var report = new Report(TextWriter.Null);
        LoraCheck.Run(SharedGoldens.Require("lora/" + adapter), SharedGoldens.Require("models"), report);
        Assert.AreEqual(0, report.Failed, string.Join('\n', report.Failures));
        Assert.AreEqual(cases, report.Ok, "a case has gone, or a new one is not counted here");
    }

    [TestMethod]
    public void A_folder_without_adapters_fails_and_so_does_one_that_does_not_exist()
    {
        using var folder = new TemporaryFolder();
        Assert.AreEqual($"FAIL  {folder.Path}  no folder at or below it holds adapter_config.json and expected.safetensors\n0 ok, 1 failed\n", Run(folder.Path, folder.Path));
        StringAssert.StartsWith(Run(folder["absent"], folder.Path), $"FAIL  {folder["absent"]}  ");
    }

    [TestMethod]
    public void An_adapter_whose_model_is_not_named_or_not_there_fails()
    {
        using var folder = new TemporaryFolder();
        Add("nameless", "");
        Add("orphan", """ "base_model_name_or_path": "absent", """);
        var lines = Run(folder.Path, folder.Path).Split('\n');
        StringAssert.StartsWith(lines[0], "FAIL  nameless  ");
        StringAssert.Contains(lines[0], "names no model (base_model_name_or_path)");
        StringAssert.StartsWith(lines[1], "FAIL  orphan  ");
        Assert.AreEqual("0 ok, 2 failed", lines[2]);

        void Add(string name, string key)
        {
            Directory.CreateDirectory(folder[name]);
            File.WriteAllText(Path.Combine(folder[name], PeftNames.Config), $$"""{ {{key}} "peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": "all-linear"}""");
            using var network = RandomModel.Create();
            SafetensorsWriter.WriteFile(Path.Combine(folder[name], "expected.safetensors"), network.Parameters);
        }
    }

    private static string Run(string folder, string models)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Assert.AreEqual(1, LoraCommand.Run([new DirectoryInfo(folder)], new(models), output));
        return output.ToString();
    }
}
