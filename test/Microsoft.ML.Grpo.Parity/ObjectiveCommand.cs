using System.CommandLine;

namespace Microsoft.ML.Grpo.Parity;

using Command = System.CommandLine.Command; // inside, to come before the namespace Microsoft.ML.Command

/// <summary><c>parity objective DIR</c>: every case of <c>DIR/cases.json</c>, whose inputs are in <c>DIR/inputs.json</c>.</summary>
internal static class ObjectiveCommand
{
    public const string Cases = "cases.json";
    public const string Inputs = "inputs.json";

    public static Command Create()
    {
        var directory = new Argument<DirectoryInfo>("DIR") { Description = "A folder that holds cases.json and inputs.json." };
        var command = new Command("objective", "Losses, gradients, IS ratios, masks, advantages and metrics, by both routes to the old log-probs.") { directory };
        command.SetAction(result => Run(result.GetValue(directory)!, Console.Out));
        return command;
    }

    public static int Run(DirectoryInfo directory, TextWriter output)
    {
        var report = new Report(output);
        GoldenJson.Guard(directory.ToString(), report, () =>
        {
            var sets = GoldenJson.Read(Path.Combine(directory.FullName, Inputs));
            foreach (var one in GoldenJson.Read(Path.Combine(directory.FullName, Cases)).EnumerateObject())
            {
                GoldenJson.Guard(one.Name, report, () =>
                {
                    var golden = ObjectiveCase.Parse(one.Name, one.Value);
                    ObjectiveCheck.Run(golden, InputSet.Parse(golden.Set, GoldenJson.Field(sets, golden.Set)), report);
                });
            }
        });
        return report.Close();
    }
}
