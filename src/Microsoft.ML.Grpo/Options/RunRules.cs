using static Microsoft.ML.Grpo.OptionRule;

namespace Microsoft.ML.Grpo;

/// <summary>The rules for what is trained on what, and when: model, columns, prompts, rewards, the run's size and schedule, and sampling.</summary>
internal static class RunRules
{
    public static IReadOnlyList<OptionRule> All { get; } =
    [
        new("ModelPath", o => Blank(o.ModelPath) && o.InitialPolicy is null, o => "ModelPath is not set: name the directory of a model in Hugging Face layout, or a GGUF file, such as ModelPath = \"models/SmolLM2-135M-Instruct\", or set InitialPolicy to the policy of an earlier run."),
        new("InitialPolicy", o => o.InitialPolicy is not null && o.ModelPath is not null, o => $"InitialPolicy is set and ModelPath is \"{o.ModelPath}\", but a run has one model to start from: set either to null."),

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
        AtLeast("MinInformativeGroups", o => o.MinInformativeGroups, 1, "leave it null for rollouts as their prompts give them"),
        new("MinInformativeGroups", o => o.MinInformativeGroups > o.PromptsPerRollout && o.PromptsPerRollout > 0, o => Text($"MinInformativeGroups is {o.MinInformativeGroups}, but a rollout has {o.PromptsPerRollout} groups: set it to {o.PromptsPerRollout} or less, or raise PromptsPerRollout.")),
        new("MinInformativeGroups", o => o is { MinInformativeGroups: not null, Steps: null }, o => Text($"MinInformativeGroups is {o.MinInformativeGroups}, but Steps is null, and how many rollouts an epoch makes is not known when a rollout takes as many prompts as it needs: set Steps, and Epochs = null, or MinInformativeGroups = null.")),
        AtLeast("MaxResampleRounds", o => o.MaxResampleRounds, 1, $"leave it null for {new GrpoOptions().ResolvedMaxResampleRounds}"),
        NoEffect("MaxResampleRounds", o => o.MaxResampleRounds, o => o.MinInformativeGroups is null ? "while MinInformativeGroups is null: set MinInformativeGroups" : null),

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
        Real("Sampling.Temperature", o => o.Sampling.Temperature, v => v >= SamplingParameters.LeastTemperature, "1e-4 or more and finite", "completions that are all alike teach nothing, so leave it at 1"),
        AtLeast("Sampling.TopK", o => o.Sampling.TopK, 1, "leave it null for off"),
        Real("Sampling.TopP", o => o.Sampling.TopP, v => v is > 0 and <= 1, "above 0 and at most 1", "leave it null for off"),
        Real("Sampling.MinP", o => o.Sampling.MinP, v => v is >= 0 and <= 1, "from 0 to 1", "leave it null for off"),
        new("Sampling.StopTokenIds", o => o.Sampling.StopTokenIds.Any(id => id < 0), o => Text($"Sampling.StopTokenIds holds {o.Sampling.StopTokenIds.First(id => id < 0)}, but token ids start at 0: take it out, or leave the list empty for the model's own.")),
    ];

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

    private static string SetBeside(GrpoOptions o) => Those(
        o.StepsPerRollout is null ? null : nameof(o.StepsPerRollout),
        o.RolloutsPerStep is null ? null : nameof(o.RolloutsPerStep),
        o.IterationsPerRollout is null ? null : nameof(o.IterationsPerRollout));

    private static string? SharedName(GrpoOptions o) =>
        o.Rewards.Where(r => r is not null).GroupBy(r => r.Name).FirstOrDefault(g => g.Count() > 1)?.Key;
}
