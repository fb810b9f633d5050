// Trains a small instruct model on problems whose answers can be checked, and measures on held-out problems what that did.
using System.CommandLine;
using System.Globalization;
using RealModel;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var commandLine = new CommandLine();
return await commandLine.Command.Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = CommandLine.TimeToStop });
