using System.CommandLine;

namespace Microsoft.ML.Grpo.Parity;

using Command = System.CommandLine.Command; // inside, to come before the namespace Microsoft.ML.Command

/// <summary><c>parity lora DIR... --models DIR2</c>: every adapter directory given or below.</summary>
internal static class LoraCommand
{
    public static Command Create()
    {
        var directories = new Argument<DirectoryInfo[]>("DIR")
        {
            Description = $"Folders; each at or below them that holds {PeftNames.Config} and {ModelsCommand.Expected} is checked.",
            Arity = ArgumentArity.OneOrMore,
        };
        var models = new Option<DirectoryInfo>("--models")
        {
            Description = "The folder that holds the adapted models, under the names that the adapters give (base_model_name_or_path).",
            Required = true,
        };
        var command = new Command("lora", "Logits, merged weights, log-probs, gradients and files of LoRA adapters.") { directories, models };
        command.SetAction(result => Run(result.GetValue(directories)!, result.GetValue(models)!, Console.Out));
        return command;
    }

    public static int Run(IEnumerable<DirectoryInfo> directories, DirectoryInfo models, TextWriter output)
    {
        var report = new Report(output);
        foreach (var directory in directories)
        {
            try
            {
                CheckBelow(directory, models, report);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                report.Fail(directory.ToString(), exception.Message);
            }
        }

        return report.Close();
    }

    private static void CheckBelow(DirectoryInfo directory, DirectoryInfo models, Report report)
    {
        var adapters = directory.EnumerateFiles(PeftNames.Config, SearchOption.AllDirectories)
            .Select(file => file.DirectoryName!)
            .Where(folder => File.Exists(Path.Combine(folder, ModelsCommand.Expected)))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (adapters.Count == 0)
        {
            report.Fail(directory.ToString(), $"no folder at or below it holds {PeftNames.Config} and {ModelsCommand.Expected}");
        }

        foreach (var adapter in adapters)
        {
            LoraCheck.Run(adapter, models.FullName, report);
        }
    }
}
