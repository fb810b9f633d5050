// Trains a small instruct model on problems whose answers can be checked, and measures on held-out problems what that did.
using System.CommandLine;
using System.Globalization;
using RealModel;
using Spectre.Console;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Width = 1000; // a step is a line, in a file too
}

var command = new RunCommand();
return await command.Root.Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = RunCommand.TimeToStop });
