using System.CommandLine;
using Microsoft.ML.Grpo.Benchmarks;

var seeds = new Option<int[]>("--seeds") { Description = "A run for each.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 2, 3] };
var steps = new Option<int?>("--steps") { Description = "Updates of the weights. Default: the job's own." };
var noControl = new Option<bool>("--no-control") { Description = "Leaves out the runs on a reward of coin tosses." };
var quickStart = new System.CommandLine.Command("quickstart", "Does the main job learn, whatever the seed, and from the reward alone?") { seeds, steps, noControl };
quickStart.SetAction((parsed, cancellationToken) => QuickStartBenchmark.RunAsync(
    parsed.GetRequiredValue(seeds), parsed.GetValue(steps), !parsed.GetValue(noControl), Console.Out, cancellationToken));

var sampler = new System.CommandLine.Command("sampler", "What does a sampler that differs from the trainer cost, and what its correction, by each route?") { seeds, steps };
sampler.SetAction((parsed, cancellationToken) => SamplerBenchmark.RunAsync(parsed.GetRequiredValue(seeds), parsed.GetValue(steps), Console.Out, cancellationToken));

return await new RootCommand("Benchmarks of Microsoft.ML.Grpo; each prints a Markdown table.") { quickStart, sampler }.Parse(args).InvokeAsync();
