namespace Microsoft.ML.Grpo;

/// <summary>Every rule for options, in the order in which violations are told. What needs the data or the model is checked where those are read.</summary>
internal static class OptionRules
{
    // Options that a run takes and a transformer of files cannot.
    private static readonly OptionRule[] WithoutTraining =
    [
        new("InitialPolicy", o => o is { InitialPolicy: not null, ModelPath: null }, _ => "InitialPolicy is set, but here a model is read from files: set ModelPath, and InitialPolicy = null, or use the policy itself."),
        new("Lora.AdapterPath", o => o.Lora is { AdapterPath: null }, _ => "Lora is set without AdapterPath, but new adapters come with training, and here a model is read from files: set Lora.AdapterPath to the adapter's directory, or Lora = null."),
    ];

    public static IReadOnlyList<OptionRule> All { get; } =
        [.. RunRules.All, .. LossRules.All, .. CorrectionRules.All, .. LearningRules.All, .. AdapterRules.All, .. UseRules.All];

    /// <summary>Says everything that is wrong with the options at once.</summary>
    /// <exception cref="GrpoOptionsException">At least one rule is broken.</exception>
    public static void Check(GrpoOptions options) => Check(options, All);

    /// <summary>The same for a policy that is only to complete prompts: what concerns training is not looked at.</summary>
    /// <exception cref="GrpoOptionsException">Options break rules.</exception>
    public static void CheckWithoutTraining(GrpoOptions options) => Check(options, All.Where(rule => ConcernsCompleting(rule.Option)).Concat(WithoutTraining));

    private static bool ConcernsCompleting(string option) =>
        option is "ModelPath" or "InitialPolicy" or "PromptColumnName" or "OutputColumnName" or "LogProbColumnName" or "FinishReasonColumnName"
            or "PromptFormat" or "SystemPrompt" or "MaxCompletionTokens" or "Sampling.StopTokenIds" or "Execution.Threads" or "Execution.Precision" or "Execution.ComputeType"
            or "Lora.AdapterPath"
        || option.StartsWith("Generation.", StringComparison.Ordinal);

    private static void Check(GrpoOptions options, IEnumerable<OptionRule> rules)
    {
        string[] violations = [.. rules.Where(rule => rule.IsBroken(options)).Select(rule => rule.Message(options))];
        if (violations.Length > 0)
        {
            throw new GrpoOptionsException(violations);
        }
    }
}
