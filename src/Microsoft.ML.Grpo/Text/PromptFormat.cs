namespace Microsoft.ML.Grpo;

/// <summary>How a prompt's text becomes the token ids that the policy sees.</summary>
public enum PromptFormat
{
    /// <summary>A model with a chat template gets the text as one user message, after the system prompt if one is set; a model without gets it as it is.</summary>
    Auto,

    /// <summary>The text is encoded as it is, whatever template the model has.</summary>
    Raw,
}
