using System.CommandLine;
using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

using Command = System.CommandLine.Command; // inside, to come before the namespace Microsoft.ML.Command

/// <summary><c>parity gguf DIR</c>: a real model in a GGUF file against <c>DIR/expected.json</c>.</summary>
internal static class GgufCommand
{
    public static Command Create()
    {
        var directory = new Argument<DirectoryInfo>("DIR") { Description = "Holds expected.json." };
        var model = new Option<FileInfo?>("--model") { Description = "The GGUF file; without it the only one in DIR." };
        var command = new Command("gguf", "Dequantisation, weights, tokens, prompts, log-probs, gradients and greedy tokens of a GGUF model.") { directory, model };
        command.SetAction(result => Run(result.GetValue(directory)!, result.GetValue(model), Console.Out));
        return command;
    }

    public static int Run(DirectoryInfo directory, FileInfo? model, TextWriter output)
    {
        var report = new Report(output);
        try
        {
            using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory.FullName, "expected.json")));
            GgufCheck.Run(new(expected.RootElement, report), model?.FullName ?? OnlyModel(directory));
        }
        catch (Exception exception) when (ModelCheck.IsBadInput(exception) || exception is JsonException or InvalidOperationException or FormatException or NotSupportedException or KeyNotFoundException)
        {
            report.Fail(directory.ToString(), exception.Message);
        }

        return report.Close();
    }

    private static string OnlyModel(DirectoryInfo directory)
    {
        var files = directory.GetFiles("*.gguf");
        return files.Length == 1 ? files[0].FullName : throw new FileNotFoundException($"'{directory}' holds {files.Length} GGUF files. Name one with --model.");
    }
}
