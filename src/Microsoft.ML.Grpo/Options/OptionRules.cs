using static Microsoft.ML.Grpo.OptionRule;

namespace Microsoft.ML.Grpo;

/// <summary>Every rule for options, in the order in which violations are told. What needs the data or the model is checked where those are read.</summary>
internal static class OptionRules
{
    public static IReadOnlyList<OptionRule> All { get; } =
    [
        new("ModelPath", o => Blank(o.ModelPath) && o.InitialPolicy is null, o => "ModelPath is not set: name the directory of a model in Hugging Face layout, such as ModelPath = \"models/SmolLM2-135M-Instruct\"."),

        // Columns
        new("PromptColumnName", o => Blank(o.PromptColumnName), _ => "PromptColumnName is empty: name the text column that holds the prompts, such as \"Prompt\"."),
        new("OutputColumnName", o => Blank(o.OutputColumnName), _ => "OutputColumnName is empty: name the column that Transform adds, such as \"Completion\"."),
        new("LogProbColumnName", o => o.LogProbColumnName is { } name && Blank(name), _ => "LogProbColumnName is empty: name the column, or leave it null for none."),
        new("FinishReasonColumnName", o => o.FinishReasonColumnName is { } name && Blank(name), _ => "FinishReasonColumnName is empty: name the column, or leave it null for none."),
        new("OutputColumnName", o => SharedColumn(o) is not null, o => $"{SharedColumn(o)!.Value.Options} are both \"{SharedColumn(o)!.Value.Column}\": give each column a name of its own."),

        // Prompts
        Known("PromptFormat", o => o.PromptFormat),
        new("SystemPrompt", o => o.SystemPrompt is not null && o.PromptFormat == PromptFormat.Raw, _ => "SystemPrompt is set, but PromptFormat is Raw, which has no system message: set PromptFormat = Auto, or SystemPrompt = null and put the text into the prompts."),
        AtLeast("MaxPromptTokens", o => o.MaxPromptTokens, 1, "leave it null for the model's context less MaxCompletionTokens"),
        Known("OverlongPrompts", o => o.OverlongPrompts),

        // Rewards
        new("Rewards", o => o.Rewards.Count == 0, _ => "Rewards is empty, so there is nothing to learn: add at least one, such as Rewards = { Reward.ExactMatch(\"Answer\") }."),
        new("Rewards", o => o.Rewards.Contains(null!), o => Text($"Rewards[{o.Rewards.IndexOf(null!)}] is null: take it out.")),
        new("Rewards", o => SharedName(o) is not null, o => $"Rewards has more than one reward named \"{SharedName(o)}\": give each a name of its own, since metrics and errors use it."),
        new("Rewards", o => o.Rewards.Count > 0 && o.Rewards.All(r => r is { Weight: 0 }), _ => "Every reward has the weight 0, so there is nothing to learn: give at least one another weight."),

        // Size of the run
        AtLeast("GroupSize", o => o.GroupSize, 2, "a completion is compared with the others of its group, so set it to, say, 8"),
        AtLeast("PromptsPerRollout", o => o.PromptsPerRollout, 1, "set it to, say, 16"),
        new("PromptsPerRollout", o => o.PromptsPerRollout > 0 && o.GroupSize > 0 && o.RowsPerRollout > int.MaxValue, o => Text($"PromptsPerRollout × GroupSize is {o.RowsPerRollout} completions, but a rollout holds at most {int.MaxValue}: make either smaller.")),
        AtLeast("MaxCompletionTokens", o => o.MaxCompletionTokens, 1, "set it to, say, 256"),
        AtLeast("Steps", o => o.Steps, 1, "leave it null to count by Epochs"),
        AtLeast("Epochs", o => o.Epochs, 1, "leave it null for one, or count by Steps"),
        new("Steps", o => o.Steps is not null && o.Epochs is not null, o => Text($"Steps is {o.Steps} and Epochs is {o.Epochs}, but only one can decide the length of the run: set either to null.")),

        // Schedule
        AtLeast("StepsPerRollout", o => o.StepsPerRollout, 1, "leave it null for 1"),
        AtLeast("RolloutsPerStep", o => o.RolloutsPerStep, 1, "leave it null for 1"),
        AtLeast("IterationsPerRollout", o => o.IterationsPerRollout, 1, "leave it null for 1"),
        new("StepsPerRollout", o => Cuts(o.StepsPerRollout, o), o => Text($"StepsPerRollout is {o.StepsPerRollout}, which does not divide the {o.RowsPerRollout} completions of a rollout (PromptsPerRollout {o.PromptsPerRollout} × GroupSize {o.GroupSize}) into equal parts: use a divisor of {o.RowsPerRollout}.")),
        new("StepsPerRollout", o => o.StepsPerRollout > 1 && o.RolloutsPerStep > 1, o => Text($"StepsPerRollout is {o.StepsPerRollout} and RolloutsPerStep is {o.RolloutsPerStep}, but a rollout is either cut into steps or gathered into one: set either to null, or use AdvancedSchedule.")),
        new("IterationsPerRollout", o => o.IterationsPerRollout > 1 && o.RolloutsPerStep > 1, o => Text($"IterationsPerRollout is {o.IterationsPerRollout} and RolloutsPerStep is {o.RolloutsPerStep}, but an iteration ends before the next rollout is sampled, so a step cannot gather rollouts too: set either to null, or use AdvancedSchedule.")),
        new("AdvancedSchedule", o => o.AdvancedSchedule is not null && SetBeside(o).Length > 0, o => $"AdvancedSchedule is set, and so {(SetBeside(o).Contains(',') ? "are" : "is")} {SetBeside(o)}, which it replaces: set either to null."),
        AtLeast("AdvancedSchedule.Accumulation", o => o.AdvancedSchedule?.Accumulation, 1, "use 1 for an update after every slice"),
        AtLeast("AdvancedSchedule.SlicesPerRollout", o => o.AdvancedSchedule?.SlicesPerRollout, 1, "use 1 for a rollout in one piece"),
        AtLeast("AdvancedSchedule.Iterations", o => o.AdvancedSchedule?.Iterations, 1, "use 1 to go through a rollout once"),
        new("AdvancedSchedule.SlicesPerRollout", o => Cuts(o.AdvancedSchedule?.SlicesPerRollout, o), o => Text($"AdvancedSchedule.SlicesPerRollout is {o.AdvancedSchedule!.SlicesPerRollout}, which does not divide the {o.RowsPerRollout} completions of a rollout (PromptsPerRollout {o.PromptsPerRollout} × GroupSize {o.GroupSize}) into equal parts: use a divisor of {o.RowsPerRollout}.")),

        // Sampling
        Real("Sampling.Temperature", o => o.Sampling.Temperature, v => v > 0, "above 0 and finite", "completions that are all alike teach nothing, so leave it at 1"),
        AtLeast("Sampling.TopK", o => o.Sampling.TopK, 1, "leave it null for off"),
        Real("Sampling.TopP", o => o.Sampling.TopP, v => v is > 0 and <= 1, "above 0 and at most 1", "leave it null for off"),
        Real("Sampling.MinP", o => o.Sampling.MinP, v => v is >= 0 and <= 1, "from 0 to 1", "leave it null for off"),
        new("Sampling.StopTokenIds", o => o.Sampling.StopTokenIds.Any(id => id < 0), o => Text($"Sampling.StopTokenIds holds {o.Sampling.StopTokenIds.First(id => id < 0)}, but token ids start at 0: take it out, or leave the list empty for the model's own.")),

        // Loss
        Known("Loss.Type", o => o.Loss.Type),
        Real("Loss.EpsilonLow", o => o.Loss.EpsilonLow, v => v is > 0 and <= 1, "above 0 and at most 1", "leave it at 0.2"),
        Real("Loss.EpsilonHigh", o => o.Loss.EpsilonHigh, v => v > 0, "above 0 and finite", "leave it null for the value of EpsilonLow"),
        Real("Loss.Beta", o => o.Loss.Beta, v => v >= 0, "0 or more and finite", "leave it at 0 for no reference policy"),
        new("Loss.BiasCorrectedKl", o => o.Loss is { BiasCorrectedKl: not null, Beta: 0 }, o => $"Loss.BiasCorrectedKl is {(o.Loss.BiasCorrectedKl!.Value ? "true" : "false")}, but has no effect while Loss.Beta is 0: set Loss.Beta above 0, or Loss.BiasCorrectedKl = null."),
        Known("Loss.ScaleRewards", o => o.Loss.ScaleRewards),

        // Optimizer
        Real("Optimizer.LearningRate", o => o.Optimizer.LearningRate, v => v >= 0, "0 or more and finite", "leave it null for 1e-6"),
        Known("Optimizer.Schedule", o => o.Optimizer.Schedule),
        AtLeast("Optimizer.WarmupSteps", o => o.Optimizer.WarmupSteps, 0, "leave it null for 5 % of the steps"),
        new("Optimizer.WarmupSteps", o => o.Optimizer.WarmupSteps > o.Steps && o.Steps > 0, o => Text($"Optimizer.WarmupSteps is {o.Optimizer.WarmupSteps}, but the run has {o.Steps} steps, so the learning rate would never be reached: make it smaller, or null for 5 % of the steps.")),
        Real("Optimizer.Beta1", o => o.Optimizer.Beta1, v => v is >= 0 and < 1, "from 0 to below 1", "leave it at 0.9"),
        Real("Optimizer.Beta2", o => o.Optimizer.Beta2, v => v is >= 0 and < 1, "from 0 to below 1", "leave it at 0.999"),
        Real("Optimizer.Epsilon", o => o.Optimizer.Epsilon, v => v > 0, "above 0 and finite", "leave it at 1e-8"),
        Real("Optimizer.WeightDecay", o => o.Optimizer.WeightDecay, v => v >= 0, "0 or more and finite", "leave it at 0 for none"),
        Real("Optimizer.MaxGradientNorm", o => o.Optimizer.MaxGradientNorm, v => v >= 0, "0 or more and finite", "leave it at 1, or set 0 for no clipping"),

        // Evaluation
        AtLeast("Evaluation.EvaluateEverySteps", o => o.Evaluation.EvaluateEverySteps, 1, "leave it null to evaluate before the first step and after the last only"),
        AtLeast("Evaluation.Samples", o => o.Evaluation.Samples, 1, "leave it null for as many as GroupSize"),
        new("Evaluation.EvaluateEverySteps", o => o.Evaluation is { EvaluateEverySteps: not null, ValidationData: null }, o => Text($"Evaluation.EvaluateEverySteps is {o.Evaluation.EvaluateEverySteps}, but there is nothing to evaluate on: set Evaluation.ValidationData, or Evaluation.EvaluateEverySteps = null.")),
        new("Evaluation.Samples", o => o.Evaluation is { Samples: not null, ValidationData: null }, o => Text($"Evaluation.Samples is {o.Evaluation.Samples}, but there is nothing to evaluate on: set Evaluation.ValidationData, or Evaluation.Samples = null.")),
        new("Evaluation.EvaluateEverySteps", o => o.Evaluation is { ValidationData: not null } && o.Evaluation.EvaluateEverySteps > o.Steps && o.Steps > 0, o => Text($"Evaluation.EvaluateEverySteps is {o.Evaluation.EvaluateEverySteps}, but the run has {o.Steps} steps, so it has no effect: make it smaller, or null to evaluate before the first step and after the last only.")),

        // Execution
        AtLeast("Execution.MicroBatchTokens", o => o.Execution.MicroBatchTokens, 1, "leave it null for 4096"),
        AtLeast("Execution.Threads", o => o.Execution.Threads, 1, "leave it null for TorchSharp's own choice"),
        Known("Execution.Precision", o => o.Execution.Precision),

        // Generation
        AtLeast("Generation.MaxCompletionTokens", o => o.Generation.MaxCompletionTokens, 1, "leave it null for as many as in training"),
        Real("Generation.Temperature", o => o.Generation.Temperature, v => v >= 0, "0 or more and finite", "leave it at 0 for the likeliest token"),
        AtLeast("Generation.TopK", o => o.Generation.TopK, 1, "leave it null for off"),
        Real("Generation.TopP", o => o.Generation.TopP, v => v is > 0 and <= 1, "above 0 and at most 1", "leave it null for off"),
        Real("Generation.MinP", o => o.Generation.MinP, v => v is >= 0 and <= 1, "from 0 to 1", "leave it null for off"),
        NoEffectWhenGreedy("TopK", g => g.TopK),
        NoEffectWhenGreedy("TopP", g => g.TopP),
        NoEffectWhenGreedy("MinP", g => g.MinP),
        NoEffectWhenGreedy("Seed", g => g.Seed),
        AtLeast("Generation.BatchSize", o => o.Generation.BatchSize, 1, "leave it at 64"),

        // Cancellation
        Known("OnCancel", o => o.OnCancel),
        new("OnCancel", o => o is { OnCancel: CancellationBehavior.ReturnLastStep, CancellationToken.CanBeCanceled: false }, _ => "OnCancel is ReturnLastStep, but CancellationToken can never be cancelled: set CancellationToken to the token of a CancellationTokenSource, or OnCancel = Throw."),
    ];

    /// <summary>Says everything that is wrong with the options at once.</summary>
    /// <exception cref="GrpoOptionsException">At least one rule is broken.</exception>
    public static void Check(GrpoOptions options) => Check(options, All);

    /// <summary>The same for a policy that is only to complete prompts: what concerns training is not looked at.</summary>
    /// <exception cref="GrpoOptionsException">Options break rules.</exception>
    public static void CheckWithoutTraining(GrpoOptions options) => Check(options, All.Where(rule => ConcernsCompleting(rule.Option)));

    private static bool ConcernsCompleting(string option) =>
        option is "ModelPath" or "PromptColumnName" or "OutputColumnName" or "LogProbColumnName" or "FinishReasonColumnName"
            or "PromptFormat" or "SystemPrompt" or "MaxCompletionTokens" or "Sampling.StopTokenIds" or "Execution.Threads" or "Execution.Precision"
        || option.StartsWith("Generation.", StringComparison.Ordinal);

    private static void Check(GrpoOptions options, IEnumerable<OptionRule> rules)
    {
        string[] violations = [.. rules.Where(rule => rule.IsBroken(options)).Select(rule => rule.Message(options))];
        if (violations.Length > 0)
        {
            throw new GrpoOptionsException(violations);
        }
    }

    private static OptionRule NoEffectWhenGreedy(string option, Func<GenerationOptions, object?> read) => new(
        $"Generation.{option}",
        o => o.Generation.Temperature == 0 && read(o.Generation) is not null,
        o => Text($"Generation.{option} is {read(o.Generation)}, but has no effect while Generation.Temperature is 0, which takes the likeliest token: set Generation.Temperature above 0, or Generation.{option} = null."));

    private static bool Blank(string? text) => string.IsNullOrWhiteSpace(text);

    private static bool Cuts(int? parts, GrpoOptions o) => parts > 0 && o.RowsPerRollout > 0 && o.RowsPerRollout % parts != 0;

    private static (string Options, string Column)? SharedColumn(GrpoOptions o)
    {
        (string Option, string? Column)[] columns =
        [
            (nameof(o.PromptColumnName), o.PromptColumnName),
            (nameof(o.OutputColumnName), o.OutputColumnName),
            (nameof(o.LogProbColumnName), o.LogProbColumnName),
            (nameof(o.FinishReasonColumnName), o.FinishReasonColumnName),
        ];
        return columns.Where(c => !Blank(c.Column)).GroupBy(c => c.Column).Where(g => g.Count() > 1)
            .Select(g => ((string, string)?)(string.Join(" and ", g.Select(c => c.Option)), g.Key!)).FirstOrDefault();
    }

    private static string SetBeside(GrpoOptions o) => string.Join(", ", new[]
    {
        o.StepsPerRollout is null ? null : nameof(o.StepsPerRollout),
        o.RolloutsPerStep is null ? null : nameof(o.RolloutsPerStep),
        o.IterationsPerRollout is null ? null : nameof(o.IterationsPerRollout),
    }.OfType<string>());

    private static string? SharedName(GrpoOptions o) =>
        o.Rewards.Where(r => r is not null).GroupBy(r => r.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
}
