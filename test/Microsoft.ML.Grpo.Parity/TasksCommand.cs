using System.CommandLine;

namespace Microsoft.ML.Grpo.Parity;

using Command = System.CommandLine.Command; // inside, to come before the namespace Microsoft.ML.Command

/// <summary><c>parity tasks DIR</c>: every line of every scores.jsonl and extract.jsonl at or below it.</summary>
internal static class TasksCommand
{
    public const string Scores = "scores.jsonl";
    public const string Extract = "extract.jsonl";

    public static Command Create()
    {
        var directory = new Argument<DirectoryInfo>("DIR") { Description = $"A folder; each {Scores} and {Extract} at or below it is checked." };
        var command = new Command("tasks", "Scores of answers, and the answers found in completions, as the RealModel sample judges them.") { directory };
        command.SetAction(result => Run(result.GetValue(directory)!, Console.Out));
        return command;
    }

    public static int Run(DirectoryInfo directory, TextWriter output)
    {
        var report = new Report(output);
        GoldenJson.Guard(directory.ToString(), report, () =>
        {
            var files = new[] { Scores, Extract }
                .SelectMany(name => directory.EnumerateFiles(name, SearchOption.AllDirectories))
                .OrderBy(file => file.FullName, StringComparer.Ordinal)
                .ToList();
            if (files.Count == 0)
            {
                report.Fail(directory.ToString(), $"no {Scores} or {Extract} is at or below it");
            }

            foreach (var file in files)
            {
                var name = Path.GetRelativePath(directory.FullName, file.FullName);
                GoldenJson.Guard(name, report, () => TaskLines.Check(name, file.FullName, file.Name == Scores ? ScoreCheck.Run : ExtractCheck.Run, report));
            }
        });
        return report.Close();
    }
}
