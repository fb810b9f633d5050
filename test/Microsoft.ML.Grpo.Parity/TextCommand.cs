using System.CommandLine;

namespace Microsoft.ML.Grpo.Parity;

using Command = System.CommandLine.Command; // inside, to come before the namespace Microsoft.ML.Command

/// <summary><c>parity text DIR...</c>: every folder given or below with strings and what a tokenizer makes of them.</summary>
internal static class TextCommand
{
    public const string Strings = "strings.json", Tokenizer = "tokenizer.json";

    public static Command Create()
    {
        var directories = new Argument<DirectoryInfo[]>("DIR")
        {
            Description = $"Folders; each at or below them that holds {Strings} is checked.",
            Arity = ArgumentArity.OneOrMore,
        };
        var tokenizers = new Option<DirectoryInfo?>("--tokenizers")
        {
            Description = $"A second folder, where a folder without {Tokenizer} has it, under its name.",
        };
        var command = new Command("text", "Token ids, decoded text and streamed text of tokenizers.") { directories, tokenizers };
        command.SetAction(result => Run(result.GetValue(directories)!, result.GetValue(tokenizers), Console.Out));
        return command;
    }

    public static int Run(IEnumerable<DirectoryInfo> directories, DirectoryInfo? tokenizers, TextWriter output)
    {
        var report = new Report(output);
        foreach (var directory in directories)
        {
            GoldenJson.Guard(directory.ToString(), report, () => CheckBelow(directory, tokenizers, report));
        }

        return report.Close();
    }

    private static void CheckBelow(DirectoryInfo directory, DirectoryInfo? tokenizers, Report report)
    {
        var cases = directory.EnumerateFiles(Strings, SearchOption.AllDirectories).Select(file => file.Directory!).OrderBy(folder => folder.FullName, StringComparer.Ordinal).ToList();
        if (cases.Count == 0)
        {
            report.Fail(directory.ToString(), $"no folder at or below it holds {Strings}");
        }

        foreach (var folder in cases)
        {
            GoldenJson.Guard(folder.Name, report, () => TextCheck.Run(folder, Find(folder, tokenizers), report));
        }
    }

    private static string Find(DirectoryInfo folder, DirectoryInfo? tokenizers)
    {
        var own = Path.Combine(folder.FullName, Tokenizer);
        return File.Exists(own) ? own
            : tokenizers is null ? throw new FileNotFoundException($"has no {Tokenizer}. Name a folder that has it with --tokenizers.")
            : Path.Combine(tokenizers.FullName, folder.Name, Tokenizer);
    }
}
