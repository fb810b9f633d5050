namespace Microsoft.ML.Grpo.Tests;

/// <summary>Options that each break one rule, and what the rule says: model, columns, prompts, rewards, the size and schedule of the run, and sampling.</summary>
internal static class RunRuleCases
{
    public static readonly (Action<GrpoOptions> Change, string Message)[] All =
    [
        (o => o.ModelPath = null, "ModelPath is not set: name the directory of a model in Hugging Face layout, or a GGUF file, such as ModelPath = \"models/SmolLM2-135M-Instruct\", or set InitialPolicy to the policy of an earlier run."),
        (o => o.InitialPolicy = TestOptions.UnusedPolicy(), "InitialPolicy is set and ModelPath is \"model\", but a run has one model to start from: set either to null."),

        (o => o.PromptColumnName = " ", "PromptColumnName is empty: name the text column that holds the prompts, such as \"Prompt\"."),
        (o => o.OutputColumnName = null!, "OutputColumnName is empty: name the column that Transform adds, such as \"Completion\"."),
        (o => o.LogProbColumnName = "", "LogProbColumnName is empty: name the column, or leave it null for none."),
        (o => o.FinishReasonColumnName = "", "FinishReasonColumnName is empty: name the column, or leave it null for none."),
        (o => o.OutputColumnName = "Prompt", "PromptColumnName and OutputColumnName are both \"Prompt\": give each column a name of its own."),
        (o => (o.LogProbColumnName, o.FinishReasonColumnName) = ("X", "X"), "LogProbColumnName and FinishReasonColumnName are both \"X\": give each column a name of its own."),

        (o => o.PromptFormat = (PromptFormat)9, "PromptFormat is 9, which is no PromptFormat: use Auto or Raw."),
        (o => (o.SystemPrompt, o.PromptFormat) = ("Be brief.", PromptFormat.Raw), "SystemPrompt is set, but PromptFormat is Raw, which has no system message: set PromptFormat = Auto, or SystemPrompt = null and put the text into the prompts."),
        (o => o.MaxPromptTokens = 0, "MaxPromptTokens is 0, but must be 1 or more: leave it null for the model's context less MaxCompletionTokens."),
        (o => o.OverlongPrompts = (OverlongPrompts)9, "OverlongPrompts is 9, which is no OverlongPrompts: use Error or Skip or TruncateLeft."),

        (o => o.Rewards.Clear(), "Rewards is empty, so there is nothing to learn: add at least one, such as Rewards = { Reward.ExactMatch(\"Answer\") }."),
        (o => o.Rewards.Add(null!), "Rewards[1] is null: take it out."),
        (o => o.Rewards.Add(TestOptions.Reward("length")), "Rewards has more than one reward named \"length\": give each a name of its own, since metrics and errors use it."),
        (o => o.Rewards[0] = TestOptions.Reward("length", 0), "Every reward has the weight 0, so there is nothing to learn: give at least one another weight."),

        (o => o.GroupSize = 1, "GroupSize is 1, but must be 2 or more: a completion is compared with the others of its group, so set it to, say, 8."),
        (o => o.PromptsPerRollout = 0, "PromptsPerRollout is 0, but must be 1 or more: set it to, say, 16."),
        (o => o.PromptsPerRollout = 1_000_000_000, "PromptsPerRollout × GroupSize is 8000000000 completions, but a rollout holds at most 2147483647: make either smaller."),
        (o => o.MaxCompletionTokens = 0, "MaxCompletionTokens is 0, but must be 1 or more: set it to, say, 256."),
        (o => o.Steps = 0, "Steps is 0, but must be 1 or more: leave it null to count by Epochs."),
        (o => o.Epochs = -1, "Epochs is -1, but must be 1 or more: leave it null for one, or count by Steps."),
        (o => (o.Steps, o.Epochs) = (100, 2), "Steps is 100 and Epochs is 2, but only one can decide the length of the run: set either to null."),
        (o => (o.MinInformativeGroups, o.Steps) = (0, 10), "MinInformativeGroups is 0, but must be 1 or more: leave it null for rollouts as their prompts give them."),
        (o => (o.MinInformativeGroups, o.Steps) = (17, 10), "MinInformativeGroups is 17, but a rollout has 16 groups: set it to 16 or less, or raise PromptsPerRollout."),
        (o => o.MinInformativeGroups = 4, "MinInformativeGroups is 4, but Steps is null, and how many rollouts an epoch makes is not known when a rollout takes as many prompts as it needs: set Steps, and Epochs = null, or MinInformativeGroups = null."),
        (o => (o.MinInformativeGroups, o.Epochs) = (4, 2), "MinInformativeGroups is 4, but Steps is null, and how many rollouts an epoch makes is not known when a rollout takes as many prompts as it needs: set Steps, and Epochs = null, or MinInformativeGroups = null."),
        (o => (o.MinInformativeGroups, o.MaxResampleRounds, o.Steps) = (4, 0, 10), "MaxResampleRounds is 0, but must be 1 or more: leave it null for 3."),
        (o => o.MaxResampleRounds = 5, "MaxResampleRounds is 5, but has no effect while MinInformativeGroups is null: set MinInformativeGroups, or MaxResampleRounds = null."),

        (o => o.StepsPerRollout = 0, "StepsPerRollout is 0, but must be 1 or more: leave it null for 1."),
        (o => o.RolloutsPerStep = 0, "RolloutsPerStep is 0, but must be 1 or more: leave it null for 1."),
        (o => o.IterationsPerRollout = 0, "IterationsPerRollout is 0, but must be 1 or more: leave it null for 1."),
        (o => o.StepsPerRollout = 3, "StepsPerRollout is 3, which does not divide the 128 completions of a rollout (PromptsPerRollout 16 × GroupSize 8) into equal parts: use a divisor of 128."),
        (o => (o.StepsPerRollout, o.RolloutsPerStep) = (2, 4), "StepsPerRollout is 2 and RolloutsPerStep is 4, but a rollout is either cut into steps or gathered into one: set either to null, or use AdvancedSchedule."),
        (o => (o.IterationsPerRollout, o.RolloutsPerStep) = (2, 4), "IterationsPerRollout is 2 and RolloutsPerStep is 4, but an iteration ends before the next rollout is sampled, so a step cannot gather rollouts too: set either to null, or use AdvancedSchedule."),
        (o => (o.AdvancedSchedule, o.StepsPerRollout) = (new(1, 1, 1), 1), "AdvancedSchedule is set, and so is StepsPerRollout, which it replaces: set either to null."),
        (o => (o.AdvancedSchedule, o.RolloutsPerStep, o.IterationsPerRollout) = (new(1, 1, 1), 1, 1), "AdvancedSchedule is set, and so are RolloutsPerStep, IterationsPerRollout, which it replaces: set either to null."),
        (o => o.AdvancedSchedule = new(0, 1, 1), "AdvancedSchedule.Accumulation is 0, but must be 1 or more: use 1 for an update after every slice."),
        (o => o.AdvancedSchedule = new(1, 0, 1), "AdvancedSchedule.SlicesPerRollout is 0, but must be 1 or more: use 1 for a rollout in one piece."),
        (o => o.AdvancedSchedule = new(1, 1, 0), "AdvancedSchedule.Iterations is 0, but must be 1 or more: use 1 to go through a rollout once."),
        (o => o.AdvancedSchedule = new(1, 5, 1), "AdvancedSchedule.SlicesPerRollout is 5, which does not divide the 128 completions of a rollout (PromptsPerRollout 16 × GroupSize 8) into equal parts: use a divisor of 128."),

        (o => o.Sampling.Temperature = 0, "Sampling.Temperature is 0, but must be 1e-4 or more and finite: completions that are all alike teach nothing, so leave it at 1."),
        (o => o.Sampling.TopK = 0, "Sampling.TopK is 0, but must be 1 or more: leave it null for off."),
        (o => o.Sampling.TopP = 1.5, "Sampling.TopP is 1.5, but must be above 0 and at most 1: leave it null for off."),
        (o => o.Sampling.MinP = -0.1, "Sampling.MinP is -0.1, but must be from 0 to 1: leave it null for off."),
        (o => o.Sampling.StopTokenIds.Add(-3), "Sampling.StopTokenIds holds -3, but token ids start at 0: take it out, or leave the list empty for the model's own."),
    ];
}
