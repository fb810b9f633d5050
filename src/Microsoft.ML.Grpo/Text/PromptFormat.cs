namespace Microsoft.ML.Grpo;

/// <summary>How the text of a prompt becomes the tokens that the policy reads.</summary>
public enum PromptFormat
{
    /// <summary>
    /// With the model's chat template if it has one: the text is one user message, after the system prompt if one is set,
    /// and the template opens the assistant's turn. A model without a template gets the text as it is.
    /// </summary>
    Auto,

    /// <summary>The text as it is, with the special tokens that the tokenizer itself adds; the chat template is not used.</summary>
    Raw,
}
