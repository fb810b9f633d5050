// Makes the tiny model that the QuickStart starts from: a transformer of a few hundred thousand weights, taught to add
// two-digit numbers by supervised learning, and stopped half-way, so that GRPO has something to find.
using System.CommandLine;
using System.Globalization;
using MakeTinyModel;
using Microsoft.ML.Grpo;

var output = new Option<DirectoryInfo>("--output") { Description = "Where to write the model directory.", DefaultValueFactory = _ => new("tiny-adder") };
var seed = new Option<int>("--seed") { Description = "Seed of weights and batches.", DefaultValueFactory = _ => 1 };
var target = new Option<double>("--target") { Description = "Stop once this share of sampled answers to unseen problems is right.", DefaultValueFactory = _ => 0.25 };
var command = new RootCommand("Teaches a tiny model half of two-digit addition.") { output, seed, target };
command.SetAction(parsed =>
{
    TorchRuntime.Initialize();
    WarmUp.Run(parsed.GetRequiredValue(output).FullName, parsed.GetRequiredValue(seed), parsed.GetRequiredValue(target), line => Console.WriteLine(line));
    return 0;
});
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return command.Parse(args).Invoke();
