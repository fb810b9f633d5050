using System.CommandLine;
using System.Text.Json;

namespace Microsoft.ML.Grpo.Parity;

using Command = System.CommandLine.Command; // inside, to come before the namespace Microsoft.ML.Command

/// <summary><c>parity advantages DIR</c>: advantages and reward metrics of every case of <c>DIR/advantages.json</c>.</summary>
internal static class AdvantagesCommand
{
    public const string Cases = "advantages.json";

    public static Command Create()
    {
        var directory = new Argument<DirectoryInfo>("DIR") { Description = "A folder that holds advantages.json." };
        var command = new Command("advantages", "Advantages and reward metrics.") { directory };
        command.SetAction(result => Run(result.GetValue(directory)!, Console.Out));
        return command;
    }

    public static int Run(DirectoryInfo directory, TextWriter output)
    {
        var report = new Report(output);
        GoldenJson.Guard(directory.ToString(), report, () =>
        {
            var cases = GoldenJson.Read(Path.Combine(directory.FullName, Cases)).EnumerateArray().ToList();
            for (var i = 0; i < cases.Count; i++)
            {
                GoldenJson.Guard($"case {i}", report, () => AdvantagesCheck.Run($"case {i}", cases[i], report));
            }
        });
        return report.Close();
    }
}
