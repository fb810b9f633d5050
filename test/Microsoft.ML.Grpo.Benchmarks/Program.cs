using System.CommandLine;
using Microsoft.ML.Grpo;
using Microsoft.ML.Grpo.Benchmarks;

var seeds = new Option<int[]>("--seeds") { Description = "A run for each.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 2, 3] };
var steps = new Option<int?>("--steps") { Description = "Updates of the weights. Default: the job's own." };
var noControl = new Option<bool>("--no-control") { Description = "Leaves out the runs on a reward of coin tosses." };
var quickStart = new System.CommandLine.Command("quickstart", "Does the main job learn, whatever the seed, and from the reward alone?") { seeds, steps, noControl };
quickStart.SetAction((parsed, cancellationToken) => QuickStartBenchmark.RunAsync(
    parsed.GetRequiredValue(seeds), parsed.GetValue(steps), !parsed.GetValue(noControl), Console.Out, cancellationToken));

var sampler = new System.CommandLine.Command("sampler", "What does a sampler that differs from the trainer cost, and what its correction, by each route?") { seeds, steps };
sampler.SetAction((parsed, cancellationToken) => SamplerBenchmark.RunAsync(parsed.GetRequiredValue(seeds), parsed.GetValue(steps), Console.Out, cancellationToken));

var vocabularies = new Option<long[]>("--vocabularies") { Description = "Sizes of the vocabulary.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [50_000, 150_000] };
var headTokens = new Option<long>("--tokens") { Description = "Tokens of a pass.", DefaultValueFactory = _ => 1024 };
var repeats = new Option<int>("--repeats") { Description = "Measurements of each, taken in turn.", DefaultValueFactory = _ => 5 };
var head = new System.CommandLine.Command("head", "What does a head cost that never holds the logits?") { vocabularies, headTokens, repeats };
head.SetAction(parsed => HeadBenchmark.RunAsync(parsed.GetRequiredValue(vocabularies), parsed.GetValue(headTokens), parsed.GetValue(repeats), Console.Out));

var kind = new Option<LogProbHead>("--head") { Description = "The head." };
var rows = new Option<int>("--rows") { Description = "Completions.", DefaultValueFactory = _ => 16 };
var rowTokens = new Option<int>("--row-tokens") { Description = "Tokens of each.", DefaultValueFactory = _ => 256 };
var vocabulary = new Option<int>("--vocabulary") { Description = "Size of the vocabulary.", DefaultValueFactory = _ => 131_072 };
var alone = new Option<bool>("--alone") { Description = "The tiled head alone." };
var limit = new Option<long?>("--limit") { Description = "Bytes that the pass may take." };
var headMemory = new System.CommandLine.Command("head-memory", "What is the peak memory of a loss pass? One measurement, of this process; Linux only.") { kind, alone, rows, rowTokens, vocabulary, limit };
headMemory.SetAction(parsed => HeadMemory.RunAsync(
    parsed.GetValue(kind), parsed.GetValue(alone), parsed.GetValue(rows), parsed.GetValue(rowTokens), parsed.GetValue(vocabulary), parsed.GetValue(limit), Console.Out));

var models = new Option<string[]>("--models") { Description = "Shapes of the model, with random weights.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["135m", "tiny"] };
models.AcceptOnlyFromAmong("135m", "tiny");
var shapes = new Option<string[]>("--shapes") { Description = "Tokens of the prompt and of a completion.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["256,128", "128,128", "512,64", "64,256"] };
var group = new Option<int>("--group") { Description = "Completions of the prompt.", DefaultValueFactory = _ => 8 };
var layers = new Option<int>("--layers") { Description = "Layers of the 135m model; fewer for a quick look.", DefaultValueFactory = _ => 30 };
var update = new System.CommandLine.Command("update", "What is an update's time made of: the skip, the shared prompt, the machine?") { models, shapes, group, layers, repeats };
update.SetAction(parsed => UpdateBenchmark.RunAsync(
    parsed.GetRequiredValue(models), parsed.GetRequiredValue(shapes), parsed.GetValue(group), parsed.GetValue(layers), parsed.GetValue(repeats), Console.Out));

var rowCounts = new Option<int[]>("--rows") { Description = "Completions that are sampled together, multiples of 8.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [8, 64] };
var decodeTokens = new Option<int>("--tokens") { Description = "Tokens of each.", DefaultValueFactory = _ => 32 };
var decode = new System.CommandLine.Command("decode", "What of the machine does sampling in process use?") { models, rowCounts, decodeTokens, repeats };
decode.SetAction(parsed => DecodeBenchmark.RunAsync(
    parsed.GetRequiredValue(models), parsed.GetRequiredValue(rowCounts), parsed.GetValue(decodeTokens), parsed.GetValue(repeats), Console.Out));

var decodeParts = new System.CommandLine.Command("decode-parts", "What is a step of decoding made of?") { rowCounts };
decodeParts.SetAction(parsed => DecodeParts.RunAsync(parsed.GetRequiredValue(rowCounts), Console.Out));

var one = new Option<string?>("--one") { Description = "Measures one of the two in this process, on or off, and writes numbers." };
one.AcceptOnlyFromAmong("on", "off");
var checkpointing = new System.CommandLine.Command("checkpointing", "What memory does activation checkpointing save, and what time does it take?") { layers, repeats, one };
checkpointing.SetAction((parsed, cancellationToken) => parsed.GetValue(one) is { } measured
    ? CheckpointingBenchmark.MeasureAsync(parsed.GetValue(layers), measured == "on", Console.Out)
    : CheckpointingBenchmark.RunAsync(parsed.GetValue(layers), parsed.GetValue(repeats), Console.Out, cancellationToken));

var ggufModel = new Option<string?>("--model") { Description = "A GGUF file. Default: the one of shared/goldens/smollm2 in a folder above." };
var llamaRows = new Option<int[]>("--rows") { Description = "Completions that are decoded together: 1, or multiples of 8.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 8, 64] };
var threads = new Option<int>("--threads") { Description = "Threads of each engine.", DefaultValueFactory = _ => Environment.ProcessorCount };
var engine = new Option<string?>("--engine") { Description = "Is one of the two, in this process, which answers requests from standard input.", Hidden = true };
engine.AcceptOnlyFromAmong("ours", "llama.cpp");
var llama = new System.CommandLine.Command("llama", "How does decoding in process compare with llama.cpp's, on the same float32 weights?") { ggufModel, llamaRows, decodeTokens, repeats, threads, engine };
llama.SetAction(async (parsed, cancellationToken) =>
{
    string path = parsed.GetValue(ggufModel) ?? Machine.FindModel();
    if (parsed.GetValue(engine) is not { } side)
    {
        return await LlamaBenchmark.RunAsync(path, parsed.GetRequiredValue(llamaRows), parsed.GetValue(decodeTokens), parsed.GetValue(repeats), parsed.GetValue(threads), Console.Out, cancellationToken);
    }

    using IDecodeEngine served = side == "ours" ? new OurEngine(path, parsed.GetValue(threads)) : new LlamaEngine(path, parsed.GetValue(threads));
    return await EngineProcess.ServeAsync(served, Console.In, Console.Out);
});

return await new RootCommand("Benchmarks of Microsoft.ML.Grpo; each prints a Markdown table.") { quickStart, sampler, head, headMemory, update, decode, decodeParts, llama, checkpointing }.Parse(args).InvokeAsync();
