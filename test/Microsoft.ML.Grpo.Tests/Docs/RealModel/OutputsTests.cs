using RealModel;

namespace Microsoft.ML.Grpo.Tests;

[TestClass]
public class OutputsTests
{
    [TestMethod]
    public void A_place_that_can_be_written_to_is_left_as_it_is()
    {
        using var folder = new TemporaryFolder();
        Outputs.Check(Settings(folder, "out/saved", "out/results/r.json"));
        Outputs.Check(Settings(folder, null, null));
        CollectionAssert.AreEqual(new[] { "m" }, folder.Names.ToArray(), "the model alone");
    }

    [TestMethod]
    public void A_model_that_is_not_there_is_named()
    {
        using var folder = new TemporaryFolder();
        var settings = Settings(folder, "s", null) with { Model = folder["absent.gguf"] };
        var error = Assert.ThrowsExactly<FileNotFoundException>(() => Outputs.Check(settings));
        Assert.AreEqual($"--model {folder["absent.gguf"]} is not there. Give a Hugging Face model directory or a .gguf file.", error.Message);
    }

    [TestMethod]
    [DataRow("s/model/adapter_config.json", "--save SAVE holds an adapter in model, which loaders would put on top of the model. Name another place.")]
    [DataRow("s/adapter/config.json", "--save SAVE holds a model in adapter, which the adapter would change. Name another place.")]
    [DataRow("s/model", "--save SAVE holds a file called model where a directory belongs. Name another place.")]
    [DataRow("s", "--save SAVE is a file, not a directory. Name another place.")]
    [DataRow("r.json/x", "--result RESULT is a directory. Name another place.")]
    public void What_would_fail_after_training_fails_before_it(string there, string message)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(folder[there])!);
        File.WriteAllText(folder[there], "");
        var error = Assert.ThrowsExactly<IOException>(() => Outputs.Check(Settings(folder, "s", "r.json")));
        StringAssert.StartsWith(error.Message, message.Replace("SAVE", folder["s"], StringComparison.Ordinal).Replace("RESULT", folder["r.json"], StringComparison.Ordinal));
    }

    [TestMethod]
    [DataRow(null, "train.jsonl", "--result RESULT is read by another option.")]
    [DataRow(null, "test.jsonl", "--result RESULT is read by another option.")]
    [DataRow(null, "m/model", "--result RESULT is read by another option.")]
    [DataRow("m", null, "--save SAVE is read or written by another option, too.")]
    [DataRow("s", "s/model", "--save SAVE is read or written by another option, too.")]
    public void What_is_read_is_not_written_and_nothing_is_written_twice(string? save, string? result, string message)
    {
        using var folder = new TemporaryFolder();
        var error = Assert.ThrowsExactly<IOException>(() => Outputs.Check(Settings(folder, save, result)));
        StringAssert.StartsWith(error.Message, message.Replace("SAVE", folder[save ?? ""], StringComparison.Ordinal).Replace("RESULT", folder[result ?? ""], StringComparison.Ordinal));
    }

    private static RunSettings Settings(TemporaryFolder folder, string? save, string? result)
    {
        Directory.CreateDirectory(folder["m/model"]);
        var command = new RunCommand();
        return command.Settings(command.Root.Parse(["--model", folder["m/model"], "--train", folder["train.jsonl"], "--test", folder["test.jsonl"]])) with
        {
            Save = save is null ? null : folder[save],
            Result = result is null ? null : folder[result],
        };
    }
}
