// Trains a small instruct model on problems whose answers can be checked, and measures on held-out problems what that did.
using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using RealModel;
using Spectre.Console;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Width = Outputs.Wide;
}

var command = new RunCommand();
var parsed = command.Root.Parse(args);
if (parsed.Action is ParseErrorAction mistake)
{
    mistake.ShowHelp = false; // which would push away what is wrong
}

return await parsed.InvokeAsync(new() { ProcessTerminationTimeout = RunCommand.TimeToStop });
