using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace RealModel;

/// <summary>The options of the program, and what they stand for.</summary>
internal sealed class RunCommand
{
    /// <summary>After Ctrl+C: a run stops within one micro-batch, which takes seconds, and then saves.</summary>
    public static readonly TimeSpan TimeToStop = TimeSpan.FromMinutes(2);

    private const string RandomRewardControl = "random-reward";

    private readonly Option<string> _model = new("--model") { Description = "A Hugging Face model directory, or a .gguf file.", Required = true };
    private readonly Option<string?> _task = new("--task") { Description = "Stands for --train DIR/NAME.train.jsonl and --test DIR/NAME.test.jsonl, DIR being that of --tasks." };
    private readonly Option<DirectoryInfo?> _tasks = new("--tasks") { Description = "The folder of --task. Default: the current one." };
    private readonly Option<FileInfo?> _train = new("--train") { Description = "Problems to train on: a file with one JSON object a line." };
    private readonly Option<FileInfo?> _test = new("--test") { Description = "Problems to measure with, which are never trained on." };
    private readonly Option<string> _promptColumn = new("--prompt-column") { Description = "The field with the prompt.", DefaultValueFactory = _ => "prompt" };
    private readonly Option<string> _answerColumn = new("--answer-column") { Description = "The field with the right answer.", DefaultValueFactory = _ => "answer" };
    private readonly Option<string?> _rule = new("--rule") { Description = "How an answer is scored. Default: the task's; exact for other files." };
    private readonly Option<string?> _answer = new("--answer") { Description = "Where the answer stands in a completion: between the last <answer> tags, its last number, its last word, or all of it. Default: the task's; for other files the last number if the rule is one of numbers, else the whole." };
    private readonly Option<string?> _system = new("--system") { Description = "The system message. Default: the task's; for other files that of the model's chat template." };
    private readonly Option<bool> _raw = new("--raw") { Description = "Prompts are raw text that the model completes: no chat template, no system message." };
    private readonly Option<string> _reward = new("--reward") { Description = "What teaches: correctness (1 for full marks, else 0) or the rule's score, with its partial credit.", DefaultValueFactory = _ => RunSettings.OfCorrectness };
    private readonly Option<double> _formatWeight = new("--format-weight") { Description = "Weight of a further reward, for completions that are nothing but an answer in the form that --answer names. It never counts as correctness.", DefaultValueFactory = _ => 0 };
    private readonly Option<string?> _control = new("--control") { Description = "random-reward: trains on tossed coins, which must teach nothing." };
    private readonly Option<int> _prompts = new("--prompts-per-rollout") { Description = "Prompts a step.", DefaultValueFactory = _ => 8 };
    private readonly Option<int> _group = new("--group-size") { Description = "Completions a prompt.", DefaultValueFactory = _ => 8 };
    private readonly Option<int> _tokens = new("--max-tokens") { Description = "Most tokens of a completion.", DefaultValueFactory = _ => 32 };
    private readonly Option<double> _temperature = new("--temperature") { Description = "Temperature of sampling, in training and in measuring.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _steps = new("--steps") { Description = "Updates of the weights.", DefaultValueFactory = _ => 40 };
    private readonly Option<double?> _rate = new("--learning-rate") { Description = "Learning rate. Default: 2e-4 with --lora, else the library's." };
    private readonly Option<int?> _warmup = new("--warmup-steps") { Description = "Steps over which the rate rises. Default: 5 % of the steps." };
    private readonly Option<bool> _lora = new("--lora") { Description = "Whether to train an adapter of rank 16 (alpha 32, all linear layers) or all weights.", DefaultValueFactory = _ => true };
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of the run.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _samples = new("--samples") { Description = "Sampled completions a held-out problem; one more is greedy.", DefaultValueFactory = _ => 4 };
    private readonly Option<int?> _limit = new("--limit-test") { Description = "Measures with the first so many held-out problems only." };
    private readonly Option<int?> _threads = new("--threads") { Description = "Threads of an operator. Default: one a core." };
    private readonly Option<DirectoryInfo?> _save = new("--save") { Description = "A folder for the trained model (model/, an adapter merged) and the adapter (adapter/)." };
    private readonly Option<FileInfo?> _result = new("--result") { Description = "Writes all figures to this file as JSON." };

    /// <param name="run">What the command does; null: <see cref="Run.Do"/>.</param>
    public RunCommand(Func<RunSettings, CancellationToken, int>? run = null)
    {
        run ??= Run.Do;
        _rule.AcceptOnlyFromAmong([.. ScoringRules.All.Keys]);
        _answer.AcceptOnlyFromAmong([.. AnswerForm.All.Select(form => form.Name)]);
        _reward.AcceptOnlyFromAmong(RunSettings.OfCorrectness, RunSettings.OfScore);
        _control.AcceptOnlyFromAmong(RandomRewardControl);
        foreach (var count in new Option[] { _prompts, _tokens, _steps, _samples, _limit, _threads })
        {
            count.Validators.Add(AtLeast(1));
        }

        _group.Validators.Add(AtLeast(2)); // a completion is compared with the others of its group

        _temperature.Validators.Add(Number(above: true));
        _rate.Validators.Add(Number(above: true));
        _formatWeight.Validators.Add(Number(above: false));
        Root = new("Post-trains a small instruct model by GRPO on problems whose answers can be checked, and measures what that did.")
        {
            _model, _task, _tasks, _train, _test, _promptColumn, _answerColumn, _rule, _answer, _system, _raw, _reward, _formatWeight, _control,
            _prompts, _group, _tokens, _temperature, _steps, _rate, _warmup, _lora, _seed, _samples, _limit, _threads, _save, _result,
        };
        Root.Validators.Add(Check);

        // On another thread: Ctrl+C is looked for only once the action has returned its task.
        Root.SetAction((parsed, cancellationToken) => Task.Run(() => run(Settings(parsed), cancellationToken), CancellationToken.None));
    }

    public RootCommand Root { get; }

    public RunSettings Settings(ParseResult parsed)
    {
        var stem = parsed.GetValue(_task) is { } task ? Path.Combine(parsed.GetValue(_tasks)?.FullName ?? Environment.CurrentDirectory, task) : null;
        var train = parsed.GetValue(_train)?.FullName ?? $"{stem}.train.jsonl";
        var lora = parsed.GetValue(_lora);
        var defaults = TaskDefaults.For(train, parsed.GetValue(_rule));
        return new()
        {
            Model = parsed.GetRequiredValue(_model),
            Train = train,
            Test = parsed.GetValue(_test)?.FullName ?? $"{stem}.test.jsonl",
            PromptColumn = parsed.GetRequiredValue(_promptColumn),
            AnswerColumn = parsed.GetRequiredValue(_answerColumn),
            Rule = parsed.GetValue(_rule) ?? defaults.Rule,
            Answer = parsed.GetValue(_answer) ?? defaults.Answer,
            System = parsed.GetValue(_raw) ? null : parsed.GetValue(_system) ?? defaults.System,
            Raw = parsed.GetValue(_raw),
            Reward = parsed.GetRequiredValue(_reward),
            FormatWeight = parsed.GetValue(_formatWeight),
            RandomReward = parsed.GetValue(_control) is not null,
            PromptsPerRollout = parsed.GetValue(_prompts),
            GroupSize = parsed.GetValue(_group),
            MaxTokens = parsed.GetValue(_tokens),
            Temperature = parsed.GetValue(_temperature),
            Steps = parsed.GetValue(_steps),
            LearningRate = parsed.GetValue(_rate) ?? (lora ? RunSettings.LoraLearningRate : null),
            WarmupSteps = parsed.GetValue(_warmup),
            Lora = lora,
            Seed = parsed.GetValue(_seed),
            Samples = parsed.GetValue(_samples),
            LimitTest = parsed.GetValue(_limit),
            Threads = parsed.GetValue(_threads),
            Save = parsed.GetValue(_save)?.FullName,
            Result = parsed.GetValue(_result)?.FullName,
        };
    }

    private void Check(CommandResult result)
    {
        bool Given(Option option) => result.GetResult(option) is { Implicit: false };
        if (Given(_task) == (Given(_train) || Given(_test)) || Given(_train) != Given(_test))
        {
            result.AddError("Say which problems: --train FILE.jsonl and --test FILE.jsonl, or --task NAME, which stands for both.");
        }

        if (Given(_tasks) && !Given(_task))
        {
            result.AddError("--tasks says where the files of --task are, and there is no --task: name one, or leave --tasks out.");
        }

        if (Given(_raw) && Given(_system))
        {
            result.AddError("--raw has no place for a system message: leave --system out, and write the text into the prompts.");
        }

        if (Given(_control) && (Given(_reward) || Given(_formatWeight)))
        {
            result.AddError("--control random-reward trains on coins alone: leave --reward and --format-weight out.");
        }
    }

    private static Action<OptionResult> AtLeast(int least) => result =>
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, out var value) && value < least)
        {
            result.AddError($"{result.Option.Name} is {value}, but must be {least} or more.");
        }
    };

    private static Action<OptionResult> Number(bool above) => result =>
    {
        if (result.Tokens is [var token] && double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && !(double.IsFinite(value) && (above ? value > 0 : value >= 0)))
        {
            result.AddError($"{result.Option.Name} is {token.Value}, but must be {(above ? "above 0" : "0 or more")} and finite.");
        }
    };
}
