using System.CommandLine;

namespace Microsoft.ML.Grpo.Parity;

using Command = System.CommandLine.Command; // inside, to come before the namespace Microsoft.ML.Command

/// <summary><c>parity models DIR...</c>: every model directory given or below.</summary>
internal static class ModelsCommand
{
    public const string Expected = "expected.safetensors";

    public static Command Create()
    {
        var directories = new Argument<DirectoryInfo[]>("DIR")
        {
            Description = "Folders; each at or below them that holds config.json and expected.safetensors is checked.",
            Arity = ArgumentArity.OneOrMore,
        };
        var from = new Option<DirectoryInfo?>("--from")
        {
            Description = "A second folder that holds what a model folder lacks (weights), under the model folder's name.",
        };
        var command = new Command("models", "Logits, log-probs, entropies, gradients and greedy tokens of models.") { directories, from };
        command.SetAction(result => Run(result.GetValue(directories)!, result.GetValue(from), Console.Out));
        return command;
    }

    public static int Run(IEnumerable<DirectoryInfo> directories, DirectoryInfo? from, TextWriter output)
    {
        var report = new Report(output);
        foreach (var directory in directories)
        {
            try
            {
                CheckBelow(directory, from, report);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                report.Fail(directory.ToString(), exception.Message);
            }
        }

        return report.Close();
    }

    private static void CheckBelow(DirectoryInfo directory, DirectoryInfo? from, Report report)
    {
        var models = directory.EnumerateFiles("config.json", SearchOption.AllDirectories)
            .Select(file => file.DirectoryName!)
            .Where(folder => File.Exists(Path.Combine(folder, Expected)))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (models.Count == 0)
        {
            report.Fail(directory.ToString(), "no folder at or below it holds config.json and expected.safetensors");
        }

        foreach (var model in models)
        {
            ModelCheck.Run(model, from is null ? null : Path.Combine(from.FullName, Path.GetFileName(model)), report);
        }
    }
}
