using System.CommandLine;

namespace Microsoft.ML.Grpo.Parity;

using Command = System.CommandLine.Command; // inside, to come before the namespace Microsoft.ML.Command

/// <summary><c>parity training DIR --models DIR</c>: every recorded run of the folder.</summary>
internal static class TrainingCommand
{
    public static Command Create()
    {
        var directory = new Argument<DirectoryInfo>("DIR") { Description = "A folder; each .json file in it is a recorded run." };
        var models = new Option<DirectoryInfo>("--models") { Description = "The folder that holds the models that the runs start from.", Required = true };
        var command = new Command("training", "Whole runs, replayed: losses, gradient norms, weights, metrics, forward passes.") { directory, models };
        command.SetAction(result => Run(result.GetValue(directory)!, result.GetValue(models)!, Console.Out));
        return command;
    }

    public static int Run(DirectoryInfo directory, DirectoryInfo models, TextWriter output)
    {
        TorchRuntime.SetThreads(1); // the models are tiny: threads would only wait for each other
        var report = new Report(output);
        try
        {
            var files = directory.GetFiles("*.json").Select(file => file.FullName).Order(StringComparer.Ordinal).ToList();
            if (files.Count == 0)
            {
                report.Fail(directory.ToString(), "holds no .json file");
            }

            foreach (var file in files)
            {
                TrainingCheck.Run(file, models.FullName, report);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            report.Fail(directory.ToString(), exception.Message);
        }

        return report.Close();
    }
}
