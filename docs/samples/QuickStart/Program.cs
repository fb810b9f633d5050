// Trains a language model to solve problems whose answers can be checked, and shows what that did. Without arguments it
// uses the toy model and problems of docs/samples/TinyAdder; with --model and --data, your own.
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Microsoft.ML.Grpo;
using QuickStart;

const string InProcess = "in-process";
const string Rounded = "rounded";
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var model = new Option<DirectoryInfo?>("--model") { Description = "A Hugging Face model directory. Default: the toy model." };
var data = new Option<FileInfo?>("--data") { Description = "Problems: a .tsv with the columns Prompt and Answer, or a .jsonl with these fields. A tenth, at most 100, is held out. Default: the toy problems." };
var extract = new Option<string?>("--extract") { Description = "Regex whose last match in a completion is the answer. Default: the whole completion." };
var steps = new Option<int>("--steps") { Description = "Updates of the weights.", DefaultValueFactory = _ => Job.DefaultSteps };
var seed = new Option<int>("--seed") { Description = "Seed of the run.", DefaultValueFactory = _ => 1 };
var rate = new Option<double?>("--learning-rate") { Description = "Peak learning rate. Default: 5e-4 for the toy, else the library's." };
var tokens = new Option<int?>("--max-completion-tokens") { Description = "Most tokens of a completion. Default: 6 for the toy, else 64." };
var threads = new Option<int?>("--threads") { Description = "Threads of an operator. Default: 1 for the toy, whose matrices are too small for more, else one a core." };
var control = new Option<string?>("--control") { Description = "random-reward: trains on coin tosses, which must teach nothing." };
control.AcceptOnlyFromAmong("random-reward");
var sampler = new Option<string>("--sampler") { Description = "What samples training rollouts: the policy itself, or a copy rounded to 8 bits, which differs from it as int8 inference does.", DefaultValueFactory = _ => InProcess };
sampler.AcceptOnlyFromAmong(InProcess, Rounded);
var correction = new Option<CorrectionMode?>("--correction") { Description = "How the loss corrects for a sampler that differs. Default: off in process, else tokenTruncate." };
correction.AcceptOnlyFromAmong("off", "tokenTruncate", "tokenMask", "sequenceTruncate", "sequenceMask");
var route = new Option<CorrectionRoute>("--route") { Description = "Where the correction's log-probs come from: the loss pass itself (inline), or a scoring pass before it (precompute).", DefaultValueFactory = _ => CorrectionRoute.Auto };
route.AcceptOnlyFromAmong("auto", "inline", "precompute");
steps.Validators.Add(AtLeastOne);
tokens.Validators.Add(AtLeastOne);
threads.Validators.Add(AtLeastOne);
var gpu = new Option<int?>("--gpu") { Description = "Number of a CUDA device; needs a build with -p:TorchBackend=cuda-linux or cuda-windows." };
var save = new Option<FileInfo>("--save") { Description = "Where the trained policy goes.", DefaultValueFactory = _ => new(Path.Combine(Path.GetTempPath(), "grpo-quickstart.zip")) };
var result = new Option<FileInfo?>("--result") { Description = "Writes the figures to this file as JSON." };

var command = new RootCommand("Post-trains a language model by GRPO on problems whose answers can be checked.") { model, data, extract, steps, seed, rate, tokens, threads, control, sampler, correction, route, gpu, save, result };
command.Validators.Add(result =>
{
    // In the command line's own words: the library would name its options. As typed, since a value that is none cannot be read.
    string? Said(Option option) => result.GetResult(option)?.Tokens is [var token] ? token.Value : null;
    var corrects = Said(correction) is { } mode ? mode != "off" : Said(sampler) == Rounded;
    if (!corrects && Said(route) is ("inline" or "precompute"))
    {
        result.AddError("--route says where a correction's log-probs come from, and there is no correction: add --correction tokenTruncate or --sampler rounded, or leave --route out.");
    }
});

// On another thread: Ctrl+C is looked for only once the action has returned its task.
command.SetAction((parsed, cancellationToken) => Task.Run(
    () => Job.Run(Read(parsed), cancellationToken), CancellationToken.None));

// After Ctrl+C a run stops within one micro-batch, which takes seconds for a large model, and then saves.
return await command.Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromMinutes(2) });

JobOptions Read(ParseResult parsed) => new()
{
    Model = parsed.GetValue(model)?.FullName,
    Data = parsed.GetValue(data)?.FullName,
    Extract = parsed.GetValue(extract),
    Steps = parsed.GetValue(steps),
    Seed = parsed.GetValue(seed),
    LearningRate = parsed.GetValue(rate),
    MaxCompletionTokens = parsed.GetValue(tokens),
    Threads = parsed.GetValue(threads),
    RandomReward = parsed.GetValue(control) is not null,
    RoundedSampler = parsed.GetValue(sampler) == Rounded,
    Correction = parsed.GetValue(correction),
    Route = parsed.GetValue(route),
    Gpu = parsed.GetValue(gpu),
    Save = parsed.GetRequiredValue(save).FullName,
    Result = parsed.GetValue(result)?.FullName,
};

static void AtLeastOne(OptionResult result)
{
    if (result.Tokens is [var token] && int.TryParse(token.Value, out var value) && value < 1)
    {
        result.AddError($"{result.Option.Name} is {value}, but must be 1 or more.");
    }
}
