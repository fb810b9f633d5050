namespace Microsoft.ML.Grpo;

/// <summary>Whether completions of a group that go through the model together share one pass of their prompt.</summary>
public enum PromptSharing
{
    /// <summary>Where it saves enough tokens to be faster.</summary>
    Auto,

    /// <summary>Wherever two of them go together.</summary>
    Always,

    /// <summary>Never: each completion has its prompt before it.</summary>
    Never,
}
