namespace Microsoft.ML.Grpo.Tests;

/// <summary>Options that each break one rule, and what the rule says: adapters.</summary>
internal static class AdapterRuleCases
{
    public static readonly (Action<GrpoOptions> Change, string Message)[] All =
    [
        (o => o.Lora = new() { Rank = 0 }, "Lora.Rank is 0, but must be 1 or more: leave it null for 16."),
        (o => o.Lora = new() { Alpha = 0 }, "Lora.Alpha is 0, but must be above 0 and finite: leave it null for 32."),
        (o => o.Lora = new() { Dropout = 1 }, "Lora.Dropout is 1, but must be from 0 to below 1: leave it null for none, or for that of Lora.AdapterPath."),
        (o => o.Lora = new() { Dropout = 0.1, TargetModules = { "q_proj", "lm_head" } }, "Lora.Dropout is 0.1, but Lora.TargetModules names lm_head, whose input has no dropout: set Lora.Dropout = null, or leave lm_head out of Lora.TargetModules."),
        (o => o.Lora = new() { TargetModules = { "q_proj", " " } }, "Lora.TargetModules[1] is empty: name a linear layer, such as \"q_proj\", or leave the list empty for all but the head."),
        (o => o.Lora = new() { TargetModules = { "q_proj", "q_proj" } }, "Lora.TargetModules holds \"q_proj\" more than once: name each layer once."),
        (o => o.Lora = new() { AdapterPath = "" }, "Lora.AdapterPath is empty: name a PEFT adapter directory, or leave it null for new adapters."),
        (o => o.Lora = new() { AdapterPath = "adapter", Rank = 16 }, "Lora.AdapterPath is \"adapter\", and Lora.Rank = 16 is set too, which the adapter's own files say: leave it null or empty, or set Lora.AdapterPath = null."),
        (o => o.Lora = new() { AdapterPath = "adapter", Alpha = 32, RankStabilized = false, TargetModules = { "q_proj", "v_proj" } }, "Lora.AdapterPath is \"adapter\", and Lora.Alpha = 32, Lora.RankStabilized = false, Lora.TargetModules = { q_proj, v_proj } is set too, which the adapter's own files say: leave it null or empty, or set Lora.AdapterPath = null."),

        (o => (o.ModelPath, o.InitialPolicy, o.Lora) = (null, TestOptions.AdaptedPolicy(), new()), "Lora is set, but InitialPolicy has an adapter, and another on top of it would add up unseen: set Lora = null to go on training the one it has, or save the policy with SavePretrained, which merges it, and set ModelPath to that directory in place of InitialPolicy."),
        (o => (o.ModelPath, o.InitialPolicy, o.Lora) = (null, TestOptions.AdaptedPolicy(0.05, onHead: true), null), "InitialPolicy has an adapter on the head (lm_head) with dropout 0.05, but the head's input has no dropout: save the adapter with SaveAdapter, and in place of InitialPolicy set ModelPath to the model that it is on, Lora.AdapterPath to where it was saved, and Lora.Dropout = 0."),
        (o => (o.ModelPath, o.InitialPolicy, o.Lora, o.Loss.Beta, o.Reference.SyncEverySteps) = (null, TestOptions.AdaptedPolicy(), null, 0.1, 1), "Reference.SyncEverySteps is 1, but InitialPolicy has an adapter, so that the reference is the model without it, into which nothing can be mixed: set Reference.SyncEverySteps = null, or save the policy with SavePretrained and set ModelPath to that directory in place of InitialPolicy."),
    ];
}
