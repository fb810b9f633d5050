// Makes the tiny model that the QuickStart starts from: a transformer of a few hundred thousand weights that a sloppy
// teacher has taught to add two-digit numbers, so that GRPO has something to find.
using System.CommandLine;
using System.Globalization;
using MakeTinyModel;
using Microsoft.ML.Grpo;

var output = new Option<DirectoryInfo>("--output") { Description = "Where to write the model directory.", DefaultValueFactory = _ => new("tiny-adder") };
var seed = new Option<int>("--seed") { Description = "Seed of weights and batches.", DefaultValueFactory = _ => 1 };
var steps = new Option<int>("--steps") { Description = "Updates of the weights.", DefaultValueFactory = _ => 1500 };
var command = new RootCommand("Teaches a tiny model two-digit addition, badly.") { output, seed, steps };
command.SetAction(parsed =>
{
    TorchRuntime.Initialize();
    TorchRuntime.SetThreads(1); // The matrices are too small for more.
    WarmUp.Run(parsed.GetRequiredValue(output).FullName, parsed.GetRequiredValue(seed), parsed.GetValue(steps), line => Console.WriteLine(line));
    return 0;
});
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return command.Parse(args).Invoke();
